// --- 7.3  The decoder -------------------------------------------------------------------------------
// gaussian: pixels are grey, N(mean_i, scale^2) with one scale for all of them. Set pixels = "grey" in both
// files of runs. Parameters:
//
//     hidden.weight [H, Z]    hidden.bias [H]    h = relu(hidden(z))
//     mean.weight [P, H]      mean.bias [P]      mean_i = sigmoid(mean(h))_i
//     log_scale []            starts at -1       scale = exp(log_scale)
namespace {
class MyDecoder final : public Decoder {
 public:
  // SOLUTION 7.3 begin
  // STARTER explicit MyDecoder(const Sizes& s) { todo("7.3", "the layers of the decoder"); }
  explicit MyDecoder(const Sizes& s)
      : hidden(*this, "hidden", s.latent, s.hidden, Activation::relu),
        mean(*this, "mean", s.hidden, s.pixels(), Activation::sigmoid),
        log_scale(*this, "log_scale", {}, -1.0) {}
  // SOLUTION 7.3 end

  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "log p(x|z)");
    return prob::Normal(mean(hidden(z)), exp(log_scale), 1).log_prob(x);
    // SOLUTION 7.3 end
  }
  Tensor picture(const Tensor& z) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "the mean of p(x|z)");
    return mean(hidden(z));
    // SOLUTION 7.3 end
  }

 private:
  // SOLUTION 7.3 begin
  // STARTER // the layers: nn::Child<nn::Linear>; the scale: nn::Param
  nn::Child<nn::Linear> hidden, mean;
  nn::Param log_scale;
  // SOLUTION 7.3 end
};
}  // namespace
