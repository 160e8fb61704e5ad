// --- 7.3  The decoder -------------------------------------------------------------------------------
// conv: a dense layer makes 8 small pictures of a quarter of the side, and two transposed convolutions (kernel
// 4, stride 2, padding 1) double their side. Pixels are 0 or 1. Parameters:
//
//     spread.weight [8 (side/4)^2, Z]    spread.bias [8 (side/4)^2]    relu
//     first.weight [8, 8, 4, 4]          first.bias [8]                relu, then [B, 8, side/2, side/2]
//     second.weight [8, 1, 4, 4]         second.bias [1]               logits [B, 1, side, side]
namespace {
class MyDecoder final : public Decoder {
 public:
  // SOLUTION 7.3 begin
  // STARTER explicit MyDecoder(const Sizes& s) { todo("7.3", "the layers of the decoder"); }
  explicit MyDecoder(const Sizes& s)
      : side(s.side),
        spread(*this, "spread", s.latent, 8 * (side / 4) * (side / 4), Activation::relu),
        first(*this, "first", 8, 8, 4,
              ConvOptions{.stride = 2, .padding = 1, .activation = Activation::relu}),
        second(*this, "second", 8, 1, 4, ConvOptions{.stride = 2, .padding = 1}) {}
  // SOLUTION 7.3 end

  // SOLUTION 7.3 begin
  // STARTER // a function for the logits, [B, P], will serve both
  Tensor logits(const Tensor& z) {
    const Tensor small = reshape(spread(z), {-1, 8, side / 4, side / 4});
    return reshape(second(first(small)), {-1, side * side});
  }
  // SOLUTION 7.3 end
  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "log p(x|z)");
    return prob::Bernoulli(logits(z), 1).log_prob(x);
    // SOLUTION 7.3 end
  }
  Tensor picture(const Tensor& z) override {
    // SOLUTION 7.3 begin
    // STARTER todo("7.3", "the mean of p(x|z)");
    return sigmoid(logits(z));
    // SOLUTION 7.3 end
  }

 private:
  // SOLUTION 7.3 begin
  // STARTER // the layers: nn::Child<nn::Linear>, nn::Child<nn::ConvTranspose2d>
  const std::int64_t side;
  nn::Child<nn::Linear> spread;
  nn::Child<nn::ConvTranspose2d> first, second;
  // SOLUTION 7.3 end
};
}  // namespace
