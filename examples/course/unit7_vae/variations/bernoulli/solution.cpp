// --- 7.3  The decoder -------------------------------------------------------------------------------
// bernoulli: pixels are 0 or 1, each with a probability of its own. Parameters:
//
//     hidden.weight [H, Z]    hidden.bias [H]    h = relu(hidden(z))
//     logits.weight [P, H]    logits.bias [P]    p(x_i = 1 | z) = sigmoid(logits_i)
namespace {
class MyDecoder final : public Decoder {
 public:
  // SOLUTION 7.3 begin
  // STARTER explicit MyDecoder(const Sizes& s) { todo("7.3", "the layers of the decoder"); }
  explicit MyDecoder(const Sizes& s)
      : hidden(*this, "hidden", s.latent, s.hidden, Activation::relu),
        logits(*this, "logits", s.hidden, s.pixels()) {}
  // SOLUTION 7.3 end

  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "log p(x|z)");
    return prob::Bernoulli(logits(hidden(z)), 1).log_prob(x);
    // SOLUTION 7.3 end
  }
  Tensor picture(const Tensor& z) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "the mean of p(x|z)");
    return sigmoid(logits(hidden(z)));
    // SOLUTION 7.3 end
  }

 private:
  // SOLUTION 7.3 begin
  // STARTER // the layers: nn::Child<nn::Linear>
  nn::Child<nn::Linear> hidden, logits;
  // SOLUTION 7.3 end
};
}  // namespace
