// autoencoder: what a bottleneck keeps, and how much more of it than PCA
// C86, UDL chapter 17, notes; Hinton and Salakhutdinov 2006
//
//     z = f(x) in K numbers,   least E|x - g(f(x))|^2 over f and g
//
// With linear f and g this is PCA (linear_autoencoder). Networks bend the plane of the K axes into a surface of
// K dimensions that passes nearer to the data: the Jacobian of x -> g(f(x)) has rank K at any x. There is
// no noise and no prior: a code is a place on the surface, and nothing says how likely it is.
#include "concepts/autoencoders/autoencoder.hpp"

#include <map>
#include <memory>

#include "concepts/autoencoders/fit_rows.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

Tensor mean_over_pixels(const Tensor& x, const Tensor& y) { return mean(square(x - y), -1); }

/// A tenth of the input goes past the bottleneck.
struct WithSkip : Autoencoder {
  using Autoencoder::Autoencoder;
  Tensor reconstruct(const Tensor& x) override { return decode(encode(x)) + 0.1 * x; }
};

// --- claims

using Widths = std::vector<std::int64_t>;
struct Steps {
  decltype(&squared_error) error = squared_error;
  nn::Part reported = nn::Part::test;  ///< the rows of which errors are reported
  bool skip = false;
};

void keep_codes(const std::string& name, const Tensor& z, const Tensor& digits, Record& r);

template <class Model>
void keep_errors(const std::string& name, std::int64_t K, Model& model, const nn::Dataset& data,
                 const Steps& steps, Record& r) {
  const auto reconstruct = [&](const Tensor& x) { return model.reconstruct(x); };
  const std::string row = fmt::format("{} {}", name, K);
  r.numbers[row] = mean_error(data, steps.reported, reconstruct, steps.error);
  r.numbers[row + ", training"] = mean_error(data, nn::Part::train, reconstruct, steps.error);
}

std::unique_ptr<Autoencoder> train(const Concept& c, const nn::TensorDataset& data,
                                   const std::string& name, const Widths& widths,
                                   const Steps& steps, Record& r) {
  auto model =
      steps.skip ? std::make_unique<WithSkip>(widths) : std::make_unique<Autoencoder>(widths);
  const int epochs = c.choose(widths.back() == 30 ? 15 : 6, 50);
  fit(*model, data, {epochs, c.choose(128, 50), c.choose(2e-3, 5e-3), c.seed()},
      reconstruction_error(*model));
  keep_errors(name, widths.back(), *model, data, steps, r);
  return model;
}

void measure(const Concept& c, const nn::TensorDataset& data, const Steps& steps, Record& r) {
  const nn::Batch some = data.range(nn::Part::test, 0, c.choose(2000, 200), Rng(1));
  const auto moments = vae::exact::row_moments(support::rows_of(data, nn::Part::train).images);
  for (const int K : {2, 5, 10, 30}) {
    const auto [pca, discarded] = fit_pca(moments, K, DType::f32);
    keep_errors("PCA", K, pca, data, steps, r);
    r.numbers[fmt::format("PCA {}, discarded", K)] = discarded;
    if (K == 2) keep_codes("PCA", pca.encode(some.images), some.labels, r);
  }
  const std::int64_t D = some.images.dim(1), wide = c.choose(512, 64), narrow = c.choose(256, 32);
  train(c, data, "shallow", {D, wide, 2}, steps, r);
  for (const int K : {10, 30}) train(c, data, "deep", {D, wide, narrow, K}, steps, r);
  const auto plane = train(c, data, "deep", {D, wide, narrow, 2}, steps, r);
  keep_codes("deep", plane->encode(some.images).detach(), some.labels, r);
  const Tensor five = slice(some.images, 0, 0, 5).to(DType::f64),
               s = jacobian_spectrum(*plane, five, 5, c.rng("directions"));
  r.numbers["second singular value, least"] = -max(-slice(s, 1, 1, 2)).item();
  r.numbers["third singular value, largest"] = max(slice(s, 1, 2, 3)).item();
}

void claims(Concept& c, const Record& r) {
  const auto ratio = [&](const std::string& a, const std::string& b) {
    return r.number(a) / r.number(b);
  };
  c.exact("PCA, K = 2: training error / discarded eigenvalues - 1",
          ratio("PCA 2, training", "PCA 2, discarded") - 1, 0, 1e-4);
  const std::map<int, double> known{{2, 43.6449}, {5, 34.9087}, {10, 26.7139}, {30, 13.8663}};
  for (const auto& [K, error] : c.choose(known, {}))
    c.exact(fmt::format("PCA, K = {}: squared error of a test digit", K),
            r.number(fmt::format("PCA {}", K)), error, 1e-3);
  c.within("K = 2: autoencoder / PCA", ratio("deep 2", "PCA 2"), 0.6, c.choose(0.75, 0.95));
  if (!c.quick()) c.within("K = 30: autoencoder / PCA", ratio("deep 30", "PCA 30"), 0.25, 0.45);
  c.within("K = 30: squared error of a test digit", r.number("deep 30"), c.choose(3.5, 1.5), 6);
  c.within("error at K = 10 / at K = 2", ratio("deep 10", "deep 2"), 0.2, 0.8);
  c.within("K = 2: two hidden layers / one", ratio("deep 2", "shallow 2"), 0.5,
           c.choose(0.99, 1.1));
  c.within("K = 30: test error / training error", ratio("deep 30", "deep 30, training"), 1.005, 2);
  c.at_least("Jacobian: second singular value / first, least of 5 points",
             r.number("second singular value, least"), 1e-3);
  c.at_most("... third / first, largest of 5", r.number("third singular value, largest"), 1e-6);
}

// --- picture

/// The two numbers of each code, a curve for each digit.
void keep_codes(const std::string& name, const Tensor& z, const Tensor& digits, Record& r) {
  for (std::int64_t i = 0; i < z.dim(0); ++i)
    r.add(fmt::format("{}, {:.0f}", name, digits.at({i})), z.at({i, 0}), z.at({i, 1}));
}

Plot plane(const Record& r, const std::string& name, const std::string& title) {
  Plot plot(title, "z_1", "z_2");
  for (const int digit : {0, 1, 2, 4, 6}) {
    const Record::Curve& curve = r.curve(fmt::format("{}, {}", name, digit));
    plot.dots(fmt::format("{}", digit), curve.x, curve.y);
  }
  return plot.key("outside").x_range(-9, 9).y_range(-9, 9).square();
}

std::vector<Plot> picture(const Record& r) {
  const auto errors = [&](const std::string& name, const std::vector<double>& of_K) {
    return support::each(of_K, [&](double K) { return r.number(fmt::format("{} {}", name, K)); });
  };
  const std::vector<double> four{2, 5, 10, 30}, three{2, 10, 30};
  return {Plot("error of test digits", "numbers in the code", "squared error")
              .line("PCA", four, errors("PCA", four))
              .line("autoencoder", three, errors("deep", three))
              .same_colour()
              .points("", three, errors("deep", three))
              .x_range(0, 32)
              .y_range(0, 50),
          plane(r, "PCA", "two numbers by PCA"), plane(r, "deep", "two numbers by an autoencoder")};
}

// --- program

void program(Concept& c) {
  const Steps steps{.error = c.broken("mean_over_pixels") ? mean_over_pixels : squared_error,
                    .reported = c.broken("train_error") ? nn::Part::train : nn::Part::test,
                    .skip = c.broken("skip_connection")};
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset digits = support::load_images(c, "mnist", 1500, 500);
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    measure(c, row_data(digits, c.quick()), steps, measured);
  });
  claims(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C86",
       .title = "The autoencoder's bottleneck, against PCA",
       .source = "UDL chapter 17, notes; Hinton and Salakhutdinov 2006",
       .mutants = {{"mean_over_pixels", "the error is a mean over the pixels"},
                   {"train_error", "the error is that of the training rows"},
                   {"skip_connection", "a tenth of the input goes past the bottleneck"}}},
      program);
}
