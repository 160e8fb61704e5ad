// --- 1.6  An op of your own -------------------------------------------------------------------------
// length: y = sqrt(a^2 + b^2), two operands, not both 0. Finite wherever y is, also for a = b = 1e200.
static double value_length(double a, double b) {
  // SOLUTION 1.6 begin
  // STARTER todo("1.6", "the value of length");
  return std::hypot(a, b);
  // SOLUTION 1.6 end
}
static Slopes slopes_length(double a, double b, double y) {
  // SOLUTION 1.6 begin
  // STARTER todo("1.6", "slopes of length");
  return {a / y, b / y};
  // SOLUTION 1.6 end
}
const Op kVariation{"length", 2, value_length, slopes_length};
