#include "autograd/kernels/blas.hpp"
#include "by_hand/by_hand.hpp"
#include "by_hand/desk.hpp"
#include "by_hand/latent.hpp"

// A training step of the convolutional VAE without a tape. Maps have their channels last; a convolution
// is one product with the columns of a few images. Such a group goes as far as it can before the next:
// through both convolutions of the encoder, and in the decoder from its maps to the loss and back.

namespace tapestry::bench {
namespace {

class ConvByHand : public TrainingStep {
 public:
  ConvByHand(const Case& c, const State& state)
      : batch_(c.batch),
        latent_width_(c.model.latent),
        pixels_{c.model.rows / 2, c.model.cols / 2},
        maps_{c.model.rows / 4, c.model.cols / 4},
        all_(state),
        conv1_(all_.take(kFirst * kTaps)),
        bias1_(all_.take(kFirst)),
        conv2_(all_.take(kSecond * kWide)),
        bias2_(all_.take(kSecond)),
        narrow_(all_, batch_, flat(), c.model.hidden[0], Activation::relu),
        latent_(all_, c, c.model.hidden[0]),
        widen_(all_, batch_, latent_width_, c.model.hidden[0], Activation::relu),
        spread_(all_, batch_, c.model.hidden[0], flat(), Activation::relu),
        up1_(all_.take(kSecond * kWide)),
        up_bias1_(all_.take(kFirst)),
        up2_(all_.take(kFirst * kTaps)),
        up_bias2_(all_.take(1)),
        taps_(at(batch_ * pixels_.places() * kTaps)),
        maps1_(at(batch_ * maps_.framed())),
        maps2_(at(batch_ * flat())),
        dmaps2_(maps2_.size()),
        desks_(pixels_, maps_, std::max(narrow_.weight, all_.value.size() - up1_)),
        minibatches_(state) {
    channels_last();
  }

  void step() override {
    const FlushDenormals flush;  // as the library does; its parallel loops bring their own
    x_ = minibatches_.next().view<float>().data();
    const Tensor noise = rng_.normal({1, batch_, latent_width_}, DType::f32);
    const float* e = noise.view<float>().data();
    desks_.for_groups(batch_, nullptr, 0,
                      [&](Desk& d, std::int64_t b, std::int64_t n) { encode(d, b, n); });
    latent_.sample(narrow_.forward(maps2_.data()), e);
    spread_.forward(widen_.forward(latent_.z.data()));
    desks_.for_groups(batch_, &all_.grad[up1_], all_.grad.size() - up1_,
                      [&](Desk& d, std::int64_t b, std::int64_t n) {
                        decode(d, b, n);
                        back_decode(d, b, n);
                      });
    spread_.backward(widen_.y.data(), widen_.dy.data());
    widen_.backward(latent_.z.data(), latent_.dz.data());
    latent_.backward(narrow_.y.data(), e, narrow_.dy.data());
    narrow_.backward(maps2_.data(), dmaps2_.data());
    desks_.for_groups(batch_, all_.grad.data(), narrow_.weight,
                      [&](Desk& d, std::int64_t b, std::int64_t n) { back_encode(d, b, n); });
    bound();
    all_.adam();
  }

  double loss() const override { return loss_; }
  std::vector<float> gradients() const override { return all_.gradients(); }
  std::int64_t denormals() const override { return all_.denormals(); }

 private:
  std::int64_t flat() const { return maps_.places() * kSecond; }

  // The model has channels before places, and before the taps of a window.
  void channels_last() {
    const std::int64_t hidden = narrow_.out, window = kTaps, places = maps_.places();
    all_.swap_axes(conv2_, kSecond, kFirst, window, 1);
    all_.swap_axes(narrow_.weight, hidden, kSecond, places, 1);
    all_.swap_axes(spread_.weight, 1, kSecond, places, hidden);
    all_.swap_axes(spread_.bias, 1, kSecond, places, 1);
    all_.swap_axes(up1_, kSecond, kFirst, window, 1);
  }

  // x -> maps1_ -> maps2_
  void encode(Desk& d, std::int64_t first, std::int64_t n) {
    const std::int64_t rows1 = n * pixels_.places(), rows2 = n * maps_.places();
    float* taps = &taps_[at(first * pixels_.places() * kTaps)];
    for (std::int64_t b = 0; b < n; ++b) {
      d.copy_taps(x_ + (first + b) * pixels_.pixels(), taps + b * pixels_.places() * kTaps);
    }
    gemm(false, true, rows1, kFirst, kTaps, 1.0f, taps, kTaps, &all_.value[conv1_], kTaps, 0.0f,
         d.plain.data(), kFirst);
    for (std::int64_t b = 0; b < n; ++b) {
      const float* sums = &d.plain[at(b * maps_.pixels())];
      float* maps = &maps1_[at((first + b) * maps_.framed())];
      maps_.rows([&](std::int64_t framed, std::int64_t plain, std::int64_t size) {
        bias_relu<kFirst>(size / kFirst, sums + plain, &all_.value[bias1_], maps + framed);
      });
      maps_.copy(maps, d.columns_of(b));
    }
    float* maps = &maps2_[at(first * flat())];
    gemm(false, true, rows2, kSecond, kWide, 1.0f, d.columns.data(), kWide, &all_.value[conv2_],
         kWide, 0.0f, maps, kSecond);
    bias_relu<kSecond>(rows2, maps, &all_.value[bias2_], maps);
  }

  // From the maps of spread_ to log p(x|z), and back to the columns `taps` of the logits' gradient.
  void decode(Desk& d, std::int64_t first, std::int64_t n) {
    const std::int64_t rows1 = n * pixels_.places(), rows2 = n * maps_.places();
    gemm(false, false, rows2, kWide, kSecond, 1.0f, &spread_.y[at(first * flat())], kSecond,
         &all_.value[up1_], kWide, 0.0f, d.columns.data(), kWide);
    for (std::int64_t b = 0; b < n; ++b) {
      maps_.add(d.columns_of(b), d.map.data());
      float* maps = &d.plain[at(b * maps_.pixels())];
      maps_.rows([&](std::int64_t framed, std::int64_t plain, std::int64_t size) {
        bias_relu<kFirst>(size / kFirst, &d.map[at(framed)], &all_.value[up_bias1_], maps + plain);
      });
    }
    gemm(false, false, rows1, kTaps, kFirst, 1.0f, d.plain.data(), kFirst, &all_.value[up2_], kTaps,
         0.0f, d.taps.data(), kTaps);
    for (std::int64_t b = 0; b < n; ++b) {
      float* taps = &d.taps[at(b * pixels_.places() * kTaps)];
      d.add_taps(taps, d.logits.data());
      likelihood(d, first + b);
      d.copy_taps(d.logits.data(), taps);
    }
  }

  // log p(x|z) of an image from its logits, which become their gradients.
  void likelihood(Desk& d, std::int64_t image) {
    float* logits = d.logits.data();
    const float bias = all_.value[up_bias2_], share = 1 / static_cast<float>(batch_);
    d.log_likelihood += static_cast<double>(bernoulli(
        pixels_.pixels(), x_ + image * pixels_.pixels(),
        [=](std::int64_t j) { return logits[j] + bias; }, share, logits));
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < pixels_.pixels(); ++j) sum += logits[j];
    d.grad[up_bias2_ - up1_] += sum;
  }

  // From the columns of the logits' gradient to that of the maps of spread_.
  void back_decode(Desk& d, std::int64_t first, std::int64_t n) {
    const std::int64_t rows1 = n * pixels_.places(), rows2 = n * maps_.places();
    gemm(true, false, kFirst, kTaps, rows1, 1.0f, d.plain.data(), kFirst, d.taps.data(), kTaps,
         1.0f, &d.grad[up2_ - up1_], kTaps);
    gemm(false, true, rows1, kFirst, kTaps, 1.0f, d.taps.data(), kTaps, &all_.value[up2_], kTaps,
         0.0f, d.dplain.data(), kFirst);
    for (std::int64_t b = 0; b < n; ++b) {
      const float *maps = &d.plain[at(b * maps_.pixels())],
                  *dmaps = &d.dplain[at(b * maps_.pixels())];
      maps_.rows([&](std::int64_t framed, std::int64_t plain, std::int64_t size) {
        back_relu<kFirst>(size / kFirst, dmaps + plain, maps + plain, &d.framed_map[at(framed)],
                          &d.grad[up_bias1_ - up1_]);
      });
      maps_.copy(d.framed_map.data(), d.columns_of(b));
    }
    gemm(true, false, kSecond, kWide, rows2, 1.0f, &spread_.y[at(first * flat())], kSecond,
         d.columns.data(), kWide, 1.0f, d.grad.data(), kWide);
    gemm(false, true, rows2, kSecond, kWide, 1.0f, d.columns.data(), kWide, &all_.value[up1_],
         kWide, 0.0f, &spread_.dy[at(first * flat())], kSecond);
  }

  // From dmaps2_ to the gradients of both convolutions.
  void back_encode(Desk& d, std::int64_t first, std::int64_t n) {
    const std::int64_t rows1 = n * pixels_.places(), rows2 = n * maps_.places();
    float* ds = &dmaps2_[at(first * flat())];
    back_relu<kSecond>(rows2, ds, &maps2_[at(first * flat())], ds, &d.grad[bias2_]);
    for (std::int64_t b = 0; b < n; ++b) {
      maps_.copy(&maps1_[at((first + b) * maps_.framed())], d.columns_of(b));
    }
    gemm(true, false, kSecond, kWide, rows2, 1.0f, ds, kSecond, d.columns.data(), kWide, 1.0f,
         &d.grad[conv2_], kWide);
    gemm(false, false, rows2, kWide, kSecond, 1.0f, ds, kSecond, &all_.value[conv2_], kWide, 0.0f,
         d.columns.data(), kWide);
    for (std::int64_t b = 0; b < n; ++b) {
      maps_.add(d.columns_of(b), d.map.data());
      const float* maps = &maps1_[at((first + b) * maps_.framed())];
      float* dmaps = &d.plain[at(b * maps_.pixels())];
      maps_.rows([&](std::int64_t framed, std::int64_t plain, std::int64_t size) {
        back_relu<kFirst>(size / kFirst, &d.map[at(framed)], maps + framed, dmaps + plain,
                          &d.grad[bias1_]);
      });
    }
    gemm(true, false, kFirst, kTaps, rows1, 1.0f, d.plain.data(), kFirst,
         &taps_[at(first * pixels_.places() * kTaps)], kTaps, 1.0f, &d.grad[conv1_], kTaps);
  }

  void bound() {
    double total = 0;
    for (std::int64_t b = 0; b < batch_; ++b) total += latent_.kl(b);
    loss_ = (total - desks_.take_log_likelihood()) / static_cast<double>(batch_);
  }

  std::int64_t batch_, latent_width_;
  Pixels pixels_;
  Maps maps_;
  Parameters all_;
  std::size_t conv1_, bias1_, conv2_, bias2_;  // where they begin in the row, as up1_ ... below
  Dense narrow_;
  Latent latent_;
  Dense widen_, spread_;
  std::size_t up1_, up_bias1_, up2_, up_bias2_;
  Floats taps_;            // columns of x [batch, 14 x 14, 16]
  Floats maps1_;           // [batch, 16, 16, 32], framed
  Floats maps2_, dmaps2_;  // [batch, 7, 7, 64]
  Desks desks_;
  Cycle minibatches_;
  const float* x_ = nullptr;  // of this step
  Rng rng_ = noise();
  double loss_ = 0;
};

}  // namespace

std::unique_ptr<TrainingStep> make_conv_by_hand(const Case& c, const State& state) {
  check<NotImplemented>(!c.iwae() && c.model.activation == Activation::relu,
                        "{}: by hand there is only the ELBO with relu", c.name);
  return std::make_unique<ConvByHand>(c, state);
}

}  // namespace tapestry::bench
