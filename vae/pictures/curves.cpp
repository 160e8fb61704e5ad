#include "vae/pictures/curves.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "vae/pictures/gnuplot.hpp"

namespace tapestry::vae {
namespace {

/// The distance between marks on the epoch axis, for at most about ten marks.
int epochs_between_marks(int epochs) {
  for (const int step : {1, 2, 5, 10, 20, 50, 100, 200, 500}) {
    if (epochs <= 10 * step) return step;
  }
  return 1000;
}

/// One line of numbers for gnuplot; a number that is not finite leaves a gap in the curve.
std::string data_line(const CurvePoint& point) {
  std::string line = fmt::format("{}", point.epoch);
  for (const double value :
       {point.train_neg_elbo, point.test_neg_elbo, point.test_neg_log_lik, point.test_kl}) {
    line += std::isfinite(value) ? fmt::format(" {:.6g}", value) : " NaN";
  }
  return line + "\n";
}

std::string script(const std::string& title, const std::vector<CurvePoint>& points) {
  const int first = points.front().epoch, last = points.back().epoch;
  std::string text = "$runs << EOD\n";
  for (const CurvePoint& point : points) text += data_line(point);
  text += "EOD\n";
  text += R"(set terminal pngcairo size 1500,520 font 'Sans,13' background '#ffffff'
set border 3 linecolor '#808080'
set tics nomirror textcolor '#404040'
set grid ytics linecolor '#d4d4d4' linewidth 1
set linetype 1 linecolor '#9aa5b1' linewidth 3 pointtype 7 pointsize 0.9
set linetype 2 linecolor '#1f6fb4' linewidth 3 pointtype 7 pointsize 0.9
set linetype 3 linecolor '#c8553d' linewidth 3 pointtype 7 pointsize 0.9
set linetype 4 linecolor '#3f8f5b' linewidth 3 pointtype 7 pointsize 0.9
set key top right noenhanced samplen 2 spacing 1.2
set lmargin 9
set bmargin 3.5
set xlabel 'epoch'
)";
  text += fmt::format("set xrange [{}:{}]\n", first - 0.5, last + 0.5);
  text += fmt::format("set xtics {}\n", epochs_between_marks(last - first + 1));
  // Marks are for a few epochs; a hundred of them hide the curve.
  text += fmt::format("set style data {}\n", last - first < 25 ? "linespoints" : "lines");
  text += fmt::format("set multiplot layout 1,3 title {} noenhanced font 'Sans,15'\n",
                      gnuplot_quoted(title));
  text += R"(set ylabel 'nats per image'
set title 'bound: -ELBO'
plot $runs using 1:2 title 'train' linetype 1, $runs using 1:3 title 'test' linetype 2
unset ylabel
set key off
set title 'reconstruction, test: -E log p(x|z)REMARK'
plot $runs using 1:4 linetype 3
set title 'KL(q(z|x) || p(z)), test'
plot $runs using 1:5 linetype 4
unset multiplot
)";
  // For binary pixels -log p(x|z) is never below 0; for grey pixels p(x|z) is a density.
  const bool density = std::any_of(points.begin(), points.end(),
                                   [](const CurvePoint& p) { return p.test_neg_log_lik < 0; });
  const std::string_view remark = "REMARK";
  text.replace(text.find(remark), remark.size(), density ? " (a density may exceed 1)" : "");
  return text;
}

}  // namespace

std::string write_curves(const std::filesystem::path& path, const std::string& title,
                         const std::vector<CurvePoint>& points) {
  if (points.empty()) return fmt::format("no {}: no epoch is finished", path.filename().string());
  return draw_with_gnuplot(path, script(title, points));
}

}  // namespace tapestry::vae
