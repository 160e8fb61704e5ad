#include <cmath>

#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/random.hpp"
#include "contestant.hpp"

// A training step of the multilayer VAE without a tape: every loop is fused with its neighbours by hand,
// every buffer is made once, all parameters lie in one row. What Tapestry's time is measured against.

namespace tapestry::bench {
namespace {

using Floats = std::vector<float>;

// y = act(x W^T + b)
struct Layer {
  std::int64_t rows, in, out;
  Activation activation;
  std::size_t weight, bias;  // where they begin in the row of parameters
  Floats y, dy;
};

float activate(Activation a, float s) {
  return a == Activation::relu ? (s > 0 ? s : 0.0f) : a == Activation::tanh ? math::tanh(s) : s;
}
float slope(Activation a, float y) {
  return a == Activation::relu ? (y > 0 ? 1.0f : 0.0f) : (a == Activation::tanh ? 1 - y * y : 1.0f);
}

class ByHand : public TrainingStep {
 public:
  explicit ByHand(const Case& c)
      : batch_(c.batch),
        samples_(std::max(c.samples, 1)),
        latent_(c.model.latent),
        iwae_(c.iwae()) {
    const auto model = initial_model(c);
    for (const Parameter* p : model->parameters()) {
      const auto values = p->value().view<float>();
      value_.insert(value_.end(), values.begin(), values.end());
    }
    grad_.resize(value_.size());
    m_.resize(value_.size());
    v_.resize(value_.size());
    const Tensor x = minibatch(c);
    x_.assign(x.view<float>().begin(), x.view<float>().end());

    std::int64_t width = c.model.rows * c.model.cols;
    for (const std::int64_t next : c.model.hidden) {
      encoder_.push_back(layer(batch_, width, next, c.model.activation));
      width = next;
    }
    loc_ = layer(batch_, width, latent_, Activation::none);
    log_variance_ = layer(batch_, width, latent_, Activation::none);
    const std::int64_t decoded = batch_ * samples_;
    width = latent_;
    for (auto next = c.model.hidden.rbegin(); next != c.model.hidden.rend(); ++next) {
      decoder_.push_back(layer(decoded, width, *next, c.model.activation));
      width = *next;
    }
    decoder_.push_back(layer(decoded, width, c.model.rows * c.model.cols, Activation::none));
    z_.resize(static_cast<std::size_t>(decoded * latent_));
    dz_.resize(z_.size());
    scale_.resize(static_cast<std::size_t>(batch_ * latent_));
    log_weight_.resize(static_cast<std::size_t>(decoded));
  }

  void step() override {
    const Tensor e = rng_.normal({samples_, batch_, latent_}, DType::f32);
    encode(e.view<float>().data());
    decode();
    likelihood(e.view<float>().data());
    back_decoder();
    back_encoder(e.view<float>().data());
    adam();
  }

  double loss() const override { return loss_; }
  std::vector<float> gradients() const override { return grad_; }

 private:
  Layer layer(std::int64_t rows, std::int64_t in, std::int64_t out, Activation activation) {
    Layer l{rows, in, out, activation, used_, used_ + static_cast<std::size_t>(in * out), {}, {}};
    used_ = l.bias + static_cast<std::size_t>(out);
    l.y.resize(static_cast<std::size_t>(rows * out));
    l.dy.resize(l.y.size());
    return l;
  }

  const float* forward(Layer& l, const float* x) {
    multiply(l, x);
    const float* bias = &value_[l.bias];
    float* y = l.y.data();
    const std::int64_t out = l.out;
    const Activation a = l.activation;
#pragma omp parallel for if (l.rows * out > 16384)
    for (std::int64_t r = 0; r < l.rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < out; ++j) y[r * out + j] = activate(a, y[r * out + j] + bias[j]);
    }
    return y;
  }
  void multiply(Layer& l, const float* x) {
    gemm(false, true, l.rows, l.out, l.in, 1.0f, x, l.in, &value_[l.weight], l.in, 0.0f, l.y.data(),
         l.out);
  }

  // From dy to the gradients of weight, bias and, where asked for, x.
  void backward(Layer& l, const float* x, float* dx, float beta = 0) {
    const std::int64_t rows = l.rows, out = l.out;
    const float* y = l.y.data();
    float *ds = l.dy.data(), *db = &grad_[l.bias];
    const Activation a = l.activation;
#pragma omp parallel for if (rows * out > 32768) schedule(static)
    for (std::int64_t from = 0; from < out; from += 64) {
      const std::int64_t to = std::min(out, from + 64);
      float sum[64] = {};
      for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
        for (std::int64_t j = from; j < to; ++j) {
          const float d = ds[r * out + j] * slope(a, y[r * out + j]);
          ds[r * out + j] = d;
          sum[j - from] += d;
        }
      }
      for (std::int64_t j = from; j < to; ++j) db[j] = sum[j - from];
    }
    gemm(true, false, out, l.in, rows, 1.0f, ds, out, x, l.in, 0.0f, &grad_[l.weight], l.in);
    if (dx) {
      gemm(false, false, rows, l.in, out, 1.0f, ds, out, &value_[l.weight], l.in, beta, dx, l.in);
    }
  }

  void encode(const float* e) {
    const float* h = x_.data();
    for (Layer& l : encoder_) h = forward(l, h);
    forward(loc_, h);
    forward(log_variance_, h);
    const std::int64_t n = batch_ * latent_;
    for (std::int64_t i = 0; i < n; ++i) scale_[at(i)] = math::exp(0.5f * log_variance_.y[at(i)]);
    for (std::int64_t k = 0; k < samples_; ++k) {
      for (std::int64_t i = 0; i < n; ++i) {
        z_[at(k * n + i)] = loc_.y[at(i)] + scale_[at(i)] * e[k * n + i];
      }
    }
  }

  void decode() {
    const float* h = z_.data();
    for (std::size_t i = 0; i + 1 < decoder_.size(); ++i) h = forward(decoder_[i], h);
    multiply(decoder_.back(), h);
  }

  // log p(x|z) and the residual sigmoid(l) - x in one pass over the logits, bias added on the way; then
  // the bound, and each row's residual times its weight in the loss.
  void likelihood(const float* e) {
    Layer& l = decoder_.back();
    const std::int64_t width = l.out;
    const float* bias = &value_[l.bias];
    const float constant = iwae_ ? 0 : 1 / static_cast<float>(batch_);
#pragma omp parallel for
    for (std::int64_t r = 0; r < l.rows; ++r) {
      const float* y = &l.y[at(r * width)];
      const float* x = &x_[at(r % batch_ * width)];
      float* d = &l.dy[at(r * width)];
      const float scale = iwae_ ? 1 : constant;
      float total = 0;
#pragma omp simd reduction(+ : total)
      for (std::int64_t j = 0; j < width; ++j) {
        const float s = y[j] + bias[j];
        total += x[j] * s - math::softplus(s);
        d[j] = scale * (math::sigmoid(s) - x[j]);
      }
      log_weight_[at(r)] = total;
    }
    iwae_ ? importance_bound(e) : elbo();
  }

  void elbo() {
    double total = 0;
    for (std::int64_t b = 0; b < batch_; ++b) {
      double kl = 0;
      for (std::int64_t j = b * latent_; j < (b + 1) * latent_; ++j) {
        const float m = loc_.y[at(j)], s = scale_[at(j)];
        kl += static_cast<double>(0.5f * (m * m + s * s - 1 - log_variance_.y[at(j)]));
      }
      total += kl - static_cast<double>(log_weight_[at(b)]);
    }
    loss_ = total / static_cast<double>(batch_);
  }

  // log w += log p(z) - log q(z|x); the weights in the gradient are w normalised over the samples.
  void importance_bound(const float* e) {
    for (std::int64_t r = 0; r < batch_ * samples_; ++r) {
      float more = 0;
      for (std::int64_t j = 0; j < latent_; ++j) {
        const float z = z_[at(r * latent_ + j)], n = e[r * latent_ + j];
        more += 0.5f * (n * n - z * z + log_variance_.y[at(r % batch_ * latent_ + j)]);
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
    Layer& l = decoder_.back();
#pragma omp parallel for
    for (std::int64_t r = 0; r < l.rows; ++r) {
      const float weight = log_weight_[at(r)];
#pragma omp simd
      for (std::int64_t j = r * l.out; j < (r + 1) * l.out; ++j) l.dy[at(j)] *= weight;
    }
  }

  void back_decoder() {
    for (std::size_t i = decoder_.size(); i-- > 1;) {
      backward(decoder_[i], decoder_[i - 1].y.data(), decoder_[i - 1].dy.data());
    }
    backward(decoder_.front(), z_.data(), dz_.data());
  }

  void back_encoder(const float* e) {
    const std::int64_t n = batch_ * latent_;
    const float share = 1 / static_cast<float>(batch_);
    for (std::int64_t i = 0; i < n; ++i) {
      const float m = loc_.y[at(i)], s = scale_[at(i)];
      // ELBO: the KL pulls m to 0 and s to 1. IWAE: log q's entropy term pushes log s up.
      float dm = iwae_ ? 0 : share * m, dlog_s = iwae_ ? -share : share * (s * s - 1);
      for (std::int64_t k = 0; k < samples_; ++k) {
        float dz = dz_[at(k * n + i)];
        if (iwae_) dz += log_weight_[at(k * batch_ + i / latent_)] * z_[at(k * n + i)];
        dm += dz;
        dlog_s += dz * s * e[k * n + i];
      }
      loc_.dy[at(i)] = dm;
      log_variance_.dy[at(i)] = 0.5f * dlog_s;
    }
    Layer& last = encoder_.back();
    backward(loc_, last.y.data(), last.dy.data());
    backward(log_variance_, last.y.data(), last.dy.data(), 1);
    for (std::size_t i = encoder_.size(); i-- > 0;) {
      backward(encoder_[i], i ? encoder_[i - 1].y.data() : x_.data(),
               i ? encoder_[i - 1].dy.data() : nullptr);
    }
  }

  void adam() {
    ++steps_;
    const auto t = static_cast<double>(steps_);
    const auto rate = static_cast<float>(1e-3 / (1 - std::pow(0.9, t)));
    const auto scale = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)));
    const auto n = static_cast<std::int64_t>(value_.size());
    float *p = value_.data(), *m = m_.data(), *v = v_.data();
    const float* g = grad_.data();
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      m[i] += 0.1f * (g[i] - m[i]);
      v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
      p[i] -= rate * m[i] / (std::sqrt(v[i]) * scale + 1e-8f);
    }
  }

  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

  std::int64_t batch_, samples_, latent_;
  bool iwae_;
  Floats value_, grad_, m_, v_, x_, z_, dz_, scale_, log_weight_;
  std::size_t used_ = 0;
  std::vector<Layer> encoder_, decoder_;
  Layer loc_, log_variance_;
  Rng rng_ = noise();
  std::int64_t steps_ = 0;
  double loss_ = 0;
};

}  // namespace

std::unique_ptr<TrainingStep> make_by_hand(const Case& c) {
  if (c.model.kind == vae::VaeConfig::Kind::conv) return nullptr;
  return std::make_unique<ByHand>(c);
}

}  // namespace tapestry::bench
