#include "vae/pictures/image_grid.hpp"

#include <png.h>

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/error.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

using namespace tapestry;
using namespace tapestry::vae;

namespace {

/// What libpng reads, and the format that the file is stored in.
struct ReadBack {
  Picture picture;
  png_uint_32 stored_format = 0;
};

ReadBack read_png(const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  ReadBack back{{static_cast<int>(image.width), static_cast<int>(image.height), {}}, image.format};
  image.format = PNG_FORMAT_GRAY;
  back.picture.pixels.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, back.picture.pixels.data(), 0, nullptr) != 0);
  return back;
}

/// n images of 2 x 3; pixel k of image i has the grey (10 i + k) / 255.
Tensor small_images(std::int64_t n) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i) {
    for (int k = 0; k < 6; ++k) values.push_back(static_cast<double>(10 * i + k) / 255);
  }
  return tensor(values, {n, 2, 3});
}

int pixel(const Picture& picture, int row, int col) {
  return picture.pixels[static_cast<std::size_t>(row * picture.width + col)];
}

}  // namespace

TEST_CASE("image_grid: every pixel is where the layout says, padding elsewhere",
          "[vae][pictures]") {
  constexpr int kColumns = 3, kScale = 2, kPadding = 1;
  const Picture sheet = image_grid(
      small_images(5), {.columns = kColumns, .scale = kScale, .padding = kPadding, .paper = 1});
  CHECK(sheet.width == 3 * (3 * 2) + 4);
  CHECK(sheet.height == 2 * (2 * 2) + 3);
  std::vector<int> expected(sheet.pixels.size(), 255);
  for (int i = 0; i < 5; ++i) {
    const int top = kPadding + i / kColumns * (2 * kScale + kPadding);
    const int left = kPadding + i % kColumns * (3 * kScale + kPadding);
    for (int y = 0; y < 2 * kScale; ++y) {
      for (int x = 0; x < 3 * kScale; ++x) {
        expected[static_cast<std::size_t>((top + y) * sheet.width + left + x)] =
            10 * i + y / kScale * 3 + x / kScale;
      }
    }
  }
  CHECK(std::vector<int>(sheet.pixels.begin(), sheet.pixels.end()) == expected);
}

TEST_CASE("image_grid: without a number of columns the sheet is as square as it gets",
          "[vae][pictures]") {
  const GridOptions bare{.scale = 1, .padding = 0};
  CHECK(image_grid(small_images(9), bare).width == 9);
  CHECK(image_grid(small_images(10), bare).width == 12);
  CHECK(image_grid(small_images(1), bare).width == 3);
  CHECK(image_grid(small_images(2), {.columns = 10, .scale = 1, .padding = 0}).width == 6);
}

TEST_CASE("image_grid: values are rounded, and clamped outside [0, 1]", "[vae][pictures]") {
  const DTypeScope f64(DType::f64);
  const std::vector<double> values = {-0.5, 0.0, 0.5, 1.0, 1.5, 100.4 / 255};
  const Picture sheet = image_grid(tensor(values, {1, 2, 3}), {.scale = 1, .padding = 0});
  CHECK(sheet.pixels == std::vector<std::uint8_t>{0, 0, 128, 255, 255, 100});
}

TEST_CASE("image_grid: bad tensors and options are refused", "[vae][pictures]") {
  CHECK_THROWS_AS(image_grid(zeros({4, 6})), ShapeError);
  CHECK_THROWS_AS(image_grid(zeros({0, 2, 3})), ShapeError);
  CHECK_THROWS_AS(image_grid(Tensor()), ShapeError);
  CHECK_THROWS_AS(image_grid(full({1, 2, 3}, std::numeric_limits<double>::quiet_NaN())),
                  DomainError);
  CHECK_THROWS_AS(image_grid(zeros({1, 2, 3}), {.columns = -1}), ConfigError);
  CHECK_THROWS_AS(image_grid(zeros({1, 2, 3}), {.scale = 0}), ConfigError);
  CHECK_THROWS_AS(image_grid(zeros({1, 2, 3}), {.padding = -1}), ConfigError);
  CHECK_THROWS_AS(image_grid(zeros({1, 2, 3}), {.paper = 1.5}), ConfigError);
  CHECK_THROWS_AS(image_grid(zeros({1, 2000, 2}), {.scale = 40}), ConfigError);
}

TEST_CASE("interleave_rows: each row of originals stands above its reconstructions",
          "[vae][pictures]") {
  const Tensor top = tensor({1, 2, 3, 4}).with_shape({4, 1, 1});
  const Tensor bottom = tensor({10, 20, 30, 40}).with_shape({4, 1, 1});
  const Tensor both = interleave_rows(top, bottom, 2);
  CHECK(both.shape() == Shape{8, 1, 1});
  CHECK(both.to_vector() == std::vector<double>{1, 2, 10, 20, 3, 4, 30, 40});
  CHECK_THROWS_AS(interleave_rows(top, bottom, 3), ShapeError);
  CHECK_THROWS_AS(interleave_rows(top, zeros({4, 1, 2}), 2), ShapeError);
}

TEST_CASE("write_picture: libpng reads back the same 8-bit grey pixels", "[vae][pictures]") {
  const ScratchFolder folder;
  const Picture sheet = image_grid(small_images(7), {.columns = 4});
  write_picture(folder / "sheet.png", sheet);
  const ReadBack back = read_png(folder / "sheet.png");
  CHECK(back.stored_format == PNG_FORMAT_GRAY);
  CHECK(back.picture.width == sheet.width);
  CHECK(back.picture.height == sheet.height);
  CHECK(back.picture.pixels == sheet.pixels);
  CHECK(pixel(back.picture, 0, 0) == 51);

  write_image_grid(folder / "again.png", small_images(7), {.columns = 4});
  CHECK(slurp(folder / "again.png") == slurp(folder / "sheet.png"));
}

TEST_CASE("write_picture: a PGM is its header and the bytes", "[vae][pictures]") {
  const ScratchFolder folder;
  write_picture(folder / "x.pgm", {3, 2, {'a', 'b', 'c', 'd', 'e', 'f'}});
  CHECK(slurp(folder / "x.pgm") == "P5\n3 2\n255\nabcdef");
}

TEST_CASE("write_picture: a failed write leaves nothing, a later one replaces the old file",
          "[vae][pictures]") {
  const ScratchFolder folder;
  const Picture picture{1, 1, {7}};
  CHECK_THROWS_AS(write_picture(folder / "absent/x.png", picture), DataError);
  CHECK_THROWS_AS(write_picture(folder / "x.jpg", picture), ConfigError);
  CHECK_THROWS_AS(write_picture(folder / "x.png", {2, 2, {7}}), ShapeError);
  CHECK(std::filesystem::is_empty(folder.path()));

  std::filesystem::create_directory(folder / "taken.png");
  CHECK_THROWS_AS(write_picture(folder / "taken.png", picture), DataError);

  write_picture(folder / "x.png", picture);
  write_picture(folder / "x.png", {2, 1, {8, 9}});
  CHECK(read_png(folder / "x.png").picture.pixels == std::vector<std::uint8_t>{8, 9});
}

TEST_CASE("image_grid: a colour image is three bytes a pixel, red, green and blue",
          "[vae][pictures]") {
  // One image [3, 1, 2]: red 10, 20, green 30, 40, blue 50, 60; and one that is black.
  std::vector<double> values;
  for (const int byte : {10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 0, 0}) values.push_back(byte / 255.0);
  const Tensor images = tensor(values, {2, 3, 1, 2});
  const Picture sheet = image_grid(images, {.columns = 2, .scale = 1, .padding = 1, .paper = 1});
  CHECK(sheet.channels == 3);
  CHECK(sheet.width == 7);
  CHECK(sheet.height == 3);
  REQUIRE(sheet.pixels.size() == 3 * 7 * 3);
  const std::vector<std::uint8_t> row(sheet.pixels.begin() + 21, sheet.pixels.begin() + 42);
  CHECK(row == std::vector<std::uint8_t>{255, 255, 255, 10, 30, 50, 20, 40,  60,  255, 255,
                                         255, 0,   0,   0,  0,  0,  0,  255, 255, 255});
  const ScratchFolder folder;
  write_picture(folder / "x.png", sheet);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, (folder / "x.png").c_str()) != 0);
  CHECK(image.format == PNG_FORMAT_RGB);
  std::vector<std::uint8_t> bytes(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, bytes.data(), 0, nullptr) != 0);
  CHECK(bytes == sheet.pixels);
  CHECK_THROWS_AS(write_picture(folder / "x.pgm", sheet), ConfigError);
  CHECK_THROWS_AS(image_grid(zeros({2, 2, 4, 4})), ShapeError);
}
