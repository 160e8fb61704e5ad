// --- 4.6  A learning rate of your own ---------------------------------------------------------------
// cosine: for step = 1 .. steps, half a wave from `rate` down to 0: rate (1 + cos(pi (step - 1) / steps)) / 2.
// Steps outside of that are taken for the nearest one inside.
double variation_rate(int step, int steps, double rate) {
  // SOLUTION 4.6 begin
  // STARTER todo("4.6", "the rate along a cosine");
  const double done = std::clamp(step, 1, steps) - 1;
  return rate * (1 + std::cos(3.14159265358979323846 * done / steps)) / 2;
  // SOLUTION 4.6 end
}
