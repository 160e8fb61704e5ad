#include "support/plot/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "autograd/error.hpp"
#include "math_text.hpp"
#include "vae/pictures/gnuplot.hpp"
#include "vae/pictures/image_grid.hpp"

namespace support {

using namespace tapestry;
using vae::gnuplot_quoted;

namespace {

// Size of a panel in dots: one or two in a row, and three. A page shows all of them equally wide,
// so that the text must be larger where there are more.
constexpr int kWidth = 640, kHeight = 480;
constexpr int kNarrow = 520, kLow = 420;

// Cells of a heat map along its shorter side: with fewer the blocks are visible.
constexpr std::size_t kSmooth = 200;

constexpr const char* kLook = R"(set border 3 linecolor '#808080'
set tics nomirror textcolor '#404040'
set grid linecolor '#dcdcdc' linewidth 1
set linetype 1 linecolor '#1f6fb4' linewidth 3 pointtype 7 pointsize 1.1
set linetype 2 linecolor '#c8553d' linewidth 3 pointtype 7 pointsize 1.1
set linetype 3 linecolor '#3f8f5b' linewidth 3 pointtype 7 pointsize 1.1
set linetype 4 linecolor '#8a63a8' linewidth 3 pointtype 7 pointsize 1.1
set linetype 5 linecolor '#d19a2f' linewidth 3 pointtype 7 pointsize 1.1
set linetype 6 linecolor '#5c6b7a' linewidth 3 pointtype 7 pointsize 1.1
set palette defined (0 '#ffffff', 0.4 '#a9c9e4', 1 '#123f6b')
unset colorbox
set style fill solid 0.85 noborder
set style histogram clustered gap 1
set boxwidth 0.9
)";

std::string shown(const std::string& text) { return gnuplot_quoted(math_text(text)); }

// z [rows, columns] with `times` cells for each, by straight lines between the middles of the cells.
struct Field {
  std::vector<double> x, y, z;

  void refine(int times) {
    const auto finer = [&](const std::vector<double>& axis) {
      std::vector<double> out;
      for (std::size_t i = 0; i + 1 < axis.size(); ++i)
        for (int k = 0; k < times; ++k)
          out.push_back(axis[i] + (axis[i + 1] - axis[i]) * k / times);
      out.push_back(axis.back());
      return out;
    };
    Field fine{finer(x), finer(y), {}};
    const auto at = [&](std::size_t row, std::size_t column) { return z[row * x.size() + column]; };
    for (std::size_t i = 0; i < fine.y.size(); ++i) {
      for (std::size_t j = 0; j < fine.x.size(); ++j) {
        const std::size_t row = std::min(i / static_cast<std::size_t>(times), y.size() - 2);
        const std::size_t column = std::min(j / static_cast<std::size_t>(times), x.size() - 2);
        const double up = (static_cast<double>(i) / times) - static_cast<double>(row);
        const double across = (static_cast<double>(j) / times) - static_cast<double>(column);
        fine.z.push_back(
            (1 - up) * ((1 - across) * at(row, column) + across * at(row, column + 1)) +
            up * ((1 - across) * at(row + 1, column) + across * at(row + 1, column + 1)));
      }
    }
    *this = std::move(fine);
  }
};

std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.8g}", x) : "NaN"; }

}  // namespace

Plot::Plot(std::string title, std::string x_label, std::string y_label)
    : title_(std::move(title)), x_label_(std::move(x_label)), y_label_(std::move(y_label)) {}

Plot& Plot::add(const std::string& style, const std::string& label,
                const std::vector<const Numbers*>& columns) {
  std::string block;
  for (std::size_t row = 0; row < columns[0]->size(); ++row) {
    for (const Numbers* column : columns) {
      check<ShapeError>(column->size() == columns[0]->size(),
                        "{}: {}: columns of {} and {} numbers", title_, label, columns[0]->size(),
                        column->size());
      block += number((*column)[row]) + " ";
    }
    block += "\n";
  }
  data_.push_back(block);
  plots_.push_back(
      fmt::format("{} {}", style, label.empty() ? "notitle" : "title " + shown(label)));
  return *this;
}

Plot& Plot::line(const std::string& label, const Numbers& x, const Numbers& y) {
  return add(fmt::format("using 1:2 with lines linetype {}", ++colours_), label, {&x, &y});
}

Plot& Plot::dashed(const std::string& label, const Numbers& x, const Numbers& y) {
  return add(
      fmt::format("using 1:2 with lines linetype {} linewidth 2.5 dashtype (9,9)", ++colours_),
      label, {&x, &y});
}

Plot& Plot::points(const std::string& label, const Numbers& x, const Numbers& y) {
  return add(fmt::format("using 1:2 with points linetype {}", ++colours_), label, {&x, &y});
}

Plot& Plot::dots(const std::string& label, const Numbers& x, const Numbers& y) {
  return add(fmt::format("using 1:2 with points linetype {} pointsize 0.35", ++colours_), label,
             {&x, &y});
}

Plot& Plot::error_bars(const std::string& label, const Numbers& x, const Numbers& y,
                       const Numbers& half_length) {
  return add(fmt::format("using 1:2:3 with yerrorbars linetype {}", ++colours_), label,
             {&x, &y, &half_length});
}

Plot& Plot::band(const std::string& label, const Numbers& x, const Numbers& low,
                 const Numbers& high) {
  return add(
      fmt::format("using 1:2:3 with filledcurves fillstyle transparent solid 0.25 linetype {}",
                  ++colours_),
      label, {&x, &low, &high});
}

Plot& Plot::bars(const std::string& label, const Numbers& heights) {
  return add(fmt::format("using 1 with histograms linetype {}", ++colours_), label, {&heights});
}

Plot& Plot::names(const std::vector<std::string>& of_groups) {
  std::string ticks;
  for (std::size_t i = 0; i < of_groups.size(); ++i) {
    ticks += fmt::format("{}{} {}", i ? ", " : "", shown(of_groups[i]), i);
  }
  settings_ += fmt::format("set xtics ({})\nset xrange [-0.7:{}]\n", ticks,
                           static_cast<double>(of_groups.size()) - 0.3);
  return *this;
}

Plot& Plot::stacked() {
  settings_ += "set style histogram rowstacked\n";
  return *this;
}

Plot& Plot::same_colour() { return --colours_, *this; }

Plot& Plot::heat(const Numbers& x, const Numbers& y, const Numbers& z) {
  check<ShapeError>(z.size() == x.size() * y.size(), "{}: heat of {} x {} from {} numbers", title_,
                    y.size(), x.size(), z.size());
  Field field{x, y, z};
  const std::size_t cells = std::min(x.size(), y.size());
  if (cells > 1 && cells < kSmooth) field.refine(static_cast<int>((kSmooth - 1) / (cells - 1)));
  Numbers columns[2];
  for (const double to_y : field.y) {
    for (const double to_x : field.x) {
      columns[0].push_back(to_x);
      columns[1].push_back(to_y);
    }
  }
  settings_ += "unset grid\n";
  return add("using 1:2:3 with image", "", {&columns[0], &columns[1], &field.z});
}

Plot& Plot::images(const Tensor& images, int columns) {
  const vae::Picture sheet =
      vae::image_grid(images, {.columns = columns, .scale = 1, .padding = 1, .paper = 0.5});
  std::string block;
  for (int row = 0; row < sheet.height; ++row) {
    const auto line = sheet.pixels.begin() + row * sheet.width;
    block += fmt::format("{}\n", fmt::join(line, line + sheet.width, " "));
  }
  data_.push_back(block);
  plots_.push_back("matrix with image notitle");
  settings_ += fmt::format(
      "set palette gray\nset cbrange [0:255]\nset xrange [-0.5:{}]\n"
      "set yrange [{}:-0.5]\n",
      sheet.width - 0.5, sheet.height - 0.5);
  return bare().square();
}

Plot& Plot::log_x() { return settings_ += "set logscale x\nset format x '10^{%L}'\n", *this; }
Plot& Plot::log_y() { return settings_ += "set logscale y\nset format y '10^{%L}'\n", *this; }

Plot& Plot::x_range(double low, double high) {
  settings_ += fmt::format("set xrange [{}:{}]\n", low, high);
  return *this;
}

Plot& Plot::y_range(double low, double high) {
  settings_ += fmt::format("set yrange [{}:{}]\n", low, high);
  return *this;
}

Plot& Plot::square() { return settings_ += "set size ratio -1\n", *this; }

Plot& Plot::bare() {
  settings_ += "unset border\nunset tics\nunset grid\n";
  return *this;
}

Plot& Plot::key(const std::string& corner) {
  settings_ += corner == "off" ? "unset key\n" : fmt::format("set key {}\n", corner);
  return *this;
}

Plot& Plot::note(const std::string& text, double x, double y) {
  settings_ += fmt::format("set label {} at {},{} front\n", shown(text), x, y);
  return *this;
}

std::string Plot::blocks(int first_block) const {
  std::string out;
  for (std::size_t i = 0; i < data_.size(); ++i) {
    out += fmt::format("$b{} << EOD\n{}EOD\n", first_block + static_cast<int>(i), data_[i]);
  }
  return out;
}

std::string Plot::text(int first_block) const {
  std::string out = "reset\n";
  out += kLook;
  out += "set key top right samplen 2 spacing 1.2\n";
  out += fmt::format("set title {}\nset xlabel {}\nset ylabel {}\n", shown(title_), shown(x_label_),
                     shown(y_label_));
  out += settings_ + "plot ";
  for (std::size_t i = 0; i < plots_.size(); ++i) {
    out += fmt::format("{}$b{} {}", i ? ", " : "", first_block + static_cast<int>(i), plots_[i]);
  }
  return out + "\n";
}

std::string script(const std::vector<Plot>& panels) {
  const int count = static_cast<int>(panels.size());
  const int columns = count == 4 ? 2 : std::min(count, 3), rows = (count + columns - 1) / columns;
  const bool narrow = columns == 3;
  std::string out = fmt::format(
      "set terminal pngcairo enhanced size {},{} font 'Sans,{}' background '#ffffff'\n",
      columns * (narrow ? kNarrow : kWidth), rows * (narrow ? kLow : kHeight), narrow ? 14 : 13);
  std::string plots;
  int block = 0;
  for (const Plot& panel : panels) {
    out += panel.blocks(block);
    plots += panel.text(block);
    block += static_cast<int>(panel.data_.size());
  }
  return out + fmt::format("set multiplot layout {},{}\n", rows, columns) + plots +
         "unset multiplot\n";
}

std::vector<double> grid(double low, double high, int n) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(low + (high - low) * i / (n - 1));
  return x;
}

}  // namespace support
