// --- 4.6  A learning rate of your own ---------------------------------------------------------------
// steps: for step = 1 .. steps, `rate` in the first third, a tenth of it in the second, a hundredth in the last; a
// step is in the second third when step > steps / 3, in the last when step > 2 steps / 3, as real numbers.
// Steps outside are taken for the nearest one inside.
double variation_rate(int step, int steps, double rate) {
  // SOLUTION 4.6 begin
  // STARTER todo("4.6", "the rate in three steps");
  step = std::clamp(step, 1, steps);
  return rate * (3 * step > 2 * steps ? 0.01 : 3 * step > steps ? 0.1 : 1);
  // SOLUTION 4.6 end
}
