#include "vae/analysis/gradient_noise.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kSideBySide = 8192;  // copies on one tape

void check_request(std::size_t parameters, std::int64_t repeats) {
  check<ConfigError>(parameters > 0, "gradient_noise: there is no parameter to differentiate by");
  check<ConfigError>(repeats >= 2, "gradient_noise: noise shows in at least 2 repeats, not {}",
                     repeats);
}

GradientNoise report(const Moments& value, const std::vector<Moments>& gradients) {
  GradientNoise noise{.value = value.noise(), .gradients = {}};
  for (const Moments& m : gradients) noise.gradients.push_back(m.noise());
  return noise;
}

// The gradient by one parameter; zeros if the sweep did not reach it.
Tensor grad_of(const Parameter& parameter, const std::vector<ParameterGrad>& grads) {
  const auto found = std::find_if(grads.begin(), grads.end(), [&](const ParameterGrad& g) {
    return g.parameter == &parameter;
  });
  return found == grads.end() ? zeros_like(parameter.value()) : found->grad;
}

}  // namespace

double GradientNoise::total_variance() const {
  double total = 0;
  for (const Noise& of : gradients) total += sum(of.variance).item();
  return total;
}

GradientNoise gradient_noise(const std::function<Tensor(Rng&)>& estimate,
                             const std::vector<Parameter*>& parameters, std::int64_t repeats,
                             Rng& rng) {
  check_request(parameters.size(), repeats);
  Moments value{Shape{}};
  std::vector<Moments> gradients;
  for (const Parameter* p : parameters) gradients.emplace_back(p->shape());
  for (std::int64_t r = 0; r < repeats; ++r) {
    Tape tape;
    const Tensor once = estimate(rng);
    check<ShapeError>(once.size() == 1, "gradient_noise: the estimate has the shape {}, not []",
                      once.shape());
    value.add(once.detach().with_shape({}));
    const auto grads = once.tracked() ? tape.grads(once) : std::vector<ParameterGrad>();
    for (std::size_t i = 0; i < parameters.size(); ++i)
      gradients[i].add(grad_of(*parameters[i], grads));
  }
  return report(value, gradients);
}

GradientNoise gradient_noise(const std::function<Tensor(std::span<const Tensor>, Rng&)>& estimate,
                             const std::vector<Tensor>& parameters, std::int64_t repeats,
                             Rng& rng) {
  check_request(parameters.size(), repeats);
  Moments value{Shape{}};
  std::vector<Moments> gradients;
  for (const Tensor& p : parameters) gradients.emplace_back(p.shape());
  for (std::int64_t done = 0; done < repeats; done += kSideBySide) {
    const std::int64_t copies = std::min(kSideBySide, repeats - done);
    Tape tape;
    std::vector<Tensor> at;
    for (const Tensor& p : parameters)
      at.push_back(tape.watch(broadcast_to(p, p.shape().inserted(0, copies))));
    const Tensor each = estimate(at, rng);
    check<ShapeError>(each.shape() == Shape{copies},
                      "gradient_noise: the estimates of {} copies have the shape {}, not [{}]",
                      copies, each.shape(), copies);
    value.add_all(each.detach());
    // Copy i reaches only estimate i, so the gradient of the sum holds every copy's own gradient.
    if (each.tracked()) tape.grads(sum(each));
    for (std::size_t i = 0; i < at.size(); ++i)
      gradients[i].add_all(each.tracked() ? tape.grad(at[i]) : zeros_like(at[i]));
  }
  return report(value, gradients);
}

}  // namespace tapestry::vae
