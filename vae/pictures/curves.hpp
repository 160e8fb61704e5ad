#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tapestry::vae {

/// The numbers of one epoch of training, in nats per image.
struct CurvePoint {
  int epoch = 0;
  double train_neg_elbo = 0;
  double test_neg_elbo = 0;
  double test_neg_log_lik = 0;  ///< the reconstruction term
  double test_kl = 0;
};

/// Draws the training curves as a PNG through gnuplot: the bound -ELBO on training and test images,
/// and below it the two terms of the test bound. `title` stands above them.
///
/// Returns an empty text, or one line saying why there is no picture (gnuplot is not installed, it
/// failed, or there are no points): a missing plot never stops a run.
std::string write_curves(const std::filesystem::path& path, const std::string& title,
                         const std::vector<CurvePoint>& points);

}  // namespace tapestry::vae
