#pragma once

#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace support {

/// One panel of a picture, drawn by gnuplot. Each call adds one thing, drawn in this order.
///
///     Plot("Jensen's gap", "y", "log y").line("log y", x, log_x).points("E log y", {m}, {e})
///
/// Labels stand in the key; an empty label leaves a curve out of it. Mathematics in titles, labels and
/// notes is set by math_text.hpp: "sigma^2" is shown as a Greek letter with a raised 2. ShapeError
/// when the numbers of x and y differ.
class Plot {
 public:
  using Numbers = std::vector<double>;

  Plot(std::string title, std::string x_label, std::string y_label);

  Plot& line(const std::string& label, const Numbers& x, const Numbers& y);
  Plot& dashed(const std::string& label, const Numbers& x, const Numbers& y);
  Plot& points(const std::string& label, const Numbers& x, const Numbers& y);
  Plot& dots(const std::string& label, const Numbers& x, const Numbers& y);  ///< for thousands
  Plot& error_bars(const std::string& label, const Numbers& x, const Numbers& y,
                   const Numbers& half_length);
  /// The area between two curves.
  Plot& band(const std::string& label, const Numbers& x, const Numbers& low, const Numbers& high);
  /// A group of bars a name; several calls stand beside each other.
  Plot& bars(const std::string& label, const Numbers& heights);
  Plot& names(const std::vector<std::string>& of_groups);
  Plot& stacked();      ///< bars on top of each other
  Plot& same_colour();  ///< the next curve takes the colour of the last one
  /// z[i * x.size() + j] at (x[j], y[i]), both evenly spaced; darker is more. Coarse ones are filled
  /// in between.
  Plot& heat(const Numbers& x, const Numbers& y, const Numbers& z);
  /// A sheet of grey pictures, images [n, rows, cols] in [0, 1], row by row; 0 columns: as square as
  /// it gets. Alone in its panel, without axes.
  Plot& images(const tapestry::Tensor& images, int columns = 0);

  Plot& log_x();
  Plot& log_y();
  Plot& x_range(double low, double high);
  Plot& y_range(double low, double high);
  Plot& square();                        ///< one unit of x is as long as one of y
  Plot& key(const std::string& corner);  ///< "bottom right"; "off"
  Plot& bare();                          ///< no axes: for a drawing
  Plot& note(const std::string& text, double x, double y);  ///< text in the panel, at data (x, y)

 private:
  friend std::string script(const std::vector<Plot>& panels);
  Plot& add(const std::string& style, const std::string& label,
            const std::vector<const Numbers*>& columns);
  std::string text(int first_block) const;
  std::string blocks(int first_block) const;

  std::string title_, x_label_, y_label_, settings_;
  std::vector<std::string> data_, plots_;  ///< a block of numbers and how it is drawn
  int colours_ = 0;
};

/// The gnuplot script that draws the panels side by side, at most three in a row, four as two by
/// two (see vae/pictures/gnuplot.hpp).
std::string script(const std::vector<Plot>& panels);

/// n numbers from `low` to `high`, both included.
std::vector<double> grid(double low, double high, int n);
/// fn of each.
template <class Fn>
std::vector<double> each(const std::vector<double>& x, Fn&& fn) {
  std::vector<double> y;
  for (const double value : x) y.push_back(fn(value));
  return y;
}

}  // namespace support
