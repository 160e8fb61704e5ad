#include <cmath>

#include "autograd/kernels/parallel.hpp"
#include "by_hand/by_hand.hpp"
#include "by_hand/latent.hpp"

// A training step of the multilayer VAE without a tape: every loop is fused with its neighbours by hand,
// every buffer is made once, all parameters lie in one row. What Tapestry's time is measured against.

namespace tapestry::bench {
namespace {

class MlpByHand : public TrainingStep {
 public:
  MlpByHand(const Case& c, const State& state)
      : batch_(c.batch),
        samples_(c.decoded() / c.batch),
        latent_width_(c.model.latent),
        iwae_(c.iwae()),
        all_(state),
        encoder_(make_encoder(c)),
        latent_(all_, c, c.model.hidden.back()),
        decoder_(make_decoder(c)),
        log_weight_(at(c.decoded())),
        minibatches_(state) {}

  void step() override {
    const FlushDenormals flush;  // as the library does; its parallel loops bring their own
    x_ = minibatches_.next().view<float>().data();
    const Tensor noise = rng_.normal({samples_, batch_, latent_width_}, DType::f32);
    const float* e = noise.view<float>().data();
    encode(e);
    decode();
    likelihood();
    iwae_ ? importance_bound(e) : elbo();
    back_decoder();
    back_encoder(e);
    all_.adam();
  }

  double loss() const override { return loss_; }
  std::vector<float> gradients() const override { return all_.gradients(); }
  std::int64_t denormals() const override { return all_.denormals(); }

 private:
  std::vector<Dense> make_encoder(const Case& c) {
    std::vector<Dense> layers;
    std::int64_t width = c.model.rows * c.model.cols;
    for (const std::int64_t next : c.model.hidden) {
      layers.emplace_back(all_, batch_, std::exchange(width, next), next, c.model.activation);
    }
    return layers;
  }
  std::vector<Dense> make_decoder(const Case& c) {
    std::vector<Dense> layers;
    std::int64_t width = c.model.latent;
    for (auto next = c.model.hidden.rbegin(); next != c.model.hidden.rend(); ++next) {
      layers.emplace_back(all_, c.decoded(), std::exchange(width, *next), *next,
                          c.model.activation);
    }
    layers.emplace_back(all_, c.decoded(), width, c.model.rows * c.model.cols, Activation::none);
    return layers;
  }

  void encode(const float* e) {
    const float* h = x_;
    for (Dense& l : encoder_) h = l.forward(h);
    latent_.sample(h, e);
  }

  void decode() {
    const float* h = latent_.z.data();
    for (std::size_t i = 0; i + 1 < decoder_.size(); ++i) h = decoder_[i].forward(h);
    decoder_.back().multiply(h);
  }

  // log p(x|z) and the residual sigmoid(l) - x in one pass over the logits, bias added on the way.
  void likelihood() {
    Dense& l = decoder_.back();
    const std::int64_t width = l.out;
    const float* bias = &all_.value[l.bias];
    const float scale = iwae_ ? 1 : 1 / static_cast<float>(batch_);
    const float* x = x_;
    parallel_rows(l.rows, 4 * width, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const float* y = &l.y[at(r * width)];
        log_weight_[at(r)] = bernoulli(
            width, x + r % batch_ * width, [=](std::int64_t j) { return y[j] + bias[j]; }, scale,
            &l.dy[at(r * width)]);
      }
    });
  }

  void elbo() {
    double total = 0;
    for (std::int64_t b = 0; b < batch_; ++b) {
      total += latent_.kl(b) - static_cast<double>(log_weight_[at(b)]);
    }
    loss_ = total / static_cast<double>(batch_);
  }

  // log w += log p(z) - log q(z|x); then each row's residual times its weight in the loss, which is w
  // normalised over the samples.
  void importance_bound(const float* e) {
    const std::int64_t width = latent_width_;
    for (std::int64_t r = 0; r < batch_ * samples_; ++r) {
      float more = 0;
      for (std::int64_t j = 0; j < width; ++j) {
        const float z = latent_.z[at(r * width + j)], n = e[r * width + j];
        more += 0.5f * (n * n - z * z + latent_.log_variance.y[at(r % batch_ * width + j)]);
      }
      log_weight_[at(r)] += more;
    }
    double total = 0;
    for (std::int64_t b = 0; b < batch_; ++b) {
      float top = -INFINITY;
      for (std::int64_t k = 0; k < samples_; ++k) {
        top = std::max(top, log_weight_[at(k * batch_ + b)]);
      }
      double sum = 0;
      for (std::int64_t k = 0; k < samples_; ++k) {
        sum += static_cast<double>(std::exp(log_weight_[at(k * batch_ + b)] - top));
      }
      for (std::int64_t k = 0; k < samples_; ++k) {
        float& w = log_weight_[at(k * batch_ + b)];
        w = std::exp(w - top) / static_cast<float>(sum * static_cast<double>(batch_));
      }
      total -= static_cast<double>(top) + std::log(sum / static_cast<double>(samples_));
    }
    loss_ = total / static_cast<double>(batch_);
    Dense& l = decoder_.back();
    parallel_rows(l.rows, l.out, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const float weight = log_weight_[at(r)];
        float* dy = &l.dy[at(r * l.out)];
#pragma omp simd
        for (std::int64_t j = 0; j < l.out; ++j) dy[j] *= weight;
      }
    });
  }

  void back_decoder() {
    for (std::size_t i = decoder_.size(); i-- > 1;) {
      decoder_[i].backward(decoder_[i - 1].y.data(), decoder_[i - 1].dy.data());
    }
    decoder_.front().backward(latent_.z.data(), latent_.dz.data());
    if (!iwae_) return;
    // log p(z) pulls every z to 0, as much as its weight.
    for (std::int64_t i = 0; i < batch_ * samples_ * latent_width_; ++i) {
      latent_.dz[at(i)] += log_weight_[at(i / latent_width_)] * latent_.z[at(i)];
    }
  }

  void back_encoder(const float* e) {
    Dense& last = encoder_.back();
    latent_.backward(last.y.data(), e, last.dy.data());
    for (std::size_t i = encoder_.size(); i-- > 0;) {
      encoder_[i].backward(i ? encoder_[i - 1].y.data() : x_,
                           i ? encoder_[i - 1].dy.data() : nullptr);
    }
  }

  std::int64_t batch_, samples_, latent_width_;
  bool iwae_;
  Parameters all_;
  std::vector<Dense> encoder_;
  Latent latent_;
  std::vector<Dense> decoder_;
  Floats log_weight_;
  Cycle minibatches_;
  const float* x_ = nullptr;  // of this step
  Rng rng_ = noise();
  double loss_ = 0;
};

}  // namespace

std::unique_ptr<TrainingStep> make_mlp_by_hand(const Case& c, const State& state) {
  return std::make_unique<MlpByHand>(c, state);
}

}  // namespace tapestry::bench
