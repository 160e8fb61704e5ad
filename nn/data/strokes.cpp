#include "nn/data/strokes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "autograd/error.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/random.hpp"

namespace tapestry::nn {
namespace {

constexpr int kSide = 28;
constexpr float kShake = 0.1f;  ///< deviation of a stop of the pen, in pixels

struct Point {
  float x = 0, y = 0;
};

/// One way to write a digit: the points that the pen passes, and for each stroke the numbers of its
/// points. The box is 0..1 to the right and 0..1 downwards. Strokes are smooth; a corner is where
/// one stroke ends and the next begins at the same point.
struct Skeleton {
  std::vector<Point> points;
  std::vector<std::vector<int>> strokes;
};

using Ways = std::vector<Skeleton>;

/// The ways to write each digit.
const std::array<Ways, kStrokeClasses>& skeletons() {
  static const std::array<Ways, kStrokeClasses> all = {
      Ways{
          // 0: one closed turn, round or narrow
          {{{.58f, .02f},
            {.25f, .10f},
            {.06f, .50f},
            {.22f, .90f},
            {.50f, 1.f},
            {.80f, .88f},
            {.95f, .50f},
            {.80f, .12f},
            {.50f, .00f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8}}},
          {{{.50f, .00f},
            {.28f, .20f},
            {.20f, .52f},
            {.28f, .84f},
            {.50f, 1.f},
            {.72f, .82f},
            {.80f, .48f},
            {.72f, .18f},
            {.54f, .02f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8}}},
      },
      Ways{
          // 1: a bar, or a bar with a flag
          {{{.54f, .00f}, {.51f, .50f}, {.48f, 1.f}}, {{0, 1, 2}}},
          {{{.54f, .00f}, {.51f, .50f}, {.48f, 1.f}}, {{0, 1, 2}}},
          {{{.28f, .22f}, {.55f, .00f}, {.53f, .50f}, {.52f, 1.f}}, {{0, 1}, {1, 2, 3}}},
      },
      Ways{
          // 2: with a corner or a loop at the foot
          {{{.10f, .22f},
            {.32f, .02f},
            {.72f, .04f},
            {.86f, .30f},
            {.58f, .64f},
            {.08f, .98f},
            {.50f, .95f},
            {.96f, .97f}},
           {{0, 1, 2, 3, 4, 5}, {5, 6, 7}}},
          {{{.14f, .18f},
            {.42f, .00f},
            {.80f, .12f},
            {.76f, .42f},
            {.42f, .82f},
            {.16f, .96f},
            {.06f, .84f},
            {.24f, .78f},
            {.58f, .94f},
            {.98f, .88f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      },
      Ways{
          // 3: two bows, or a flat top
          {{{.12f, .12f},
            {.46f, .00f},
            {.82f, .16f},
            {.72f, .38f},
            {.36f, .47f},
            {.80f, .58f},
            {.90f, .80f},
            {.54f, 1.f},
            {.08f, .90f}},
           {{0, 1, 2, 3, 4}, {4, 5, 6, 7, 8}}},
          {{{.14f, .04f},
            {.86f, .02f},
            {.60f, .24f},
            {.42f, .42f},
            {.82f, .52f},
            {.88f, .82f},
            {.50f, 1.f},
            {.10f, .92f}},
           {{0, 1}, {1, 2, 3}, {3, 4, 5, 6, 7}}},
      },
      Ways{
          // 4: open above, or closed
          {{{.20f, .04f},
            {.10f, .46f},
            {.26f, .58f},
            {.80f, .50f},
            {.80f, .00f},
            {.75f, .50f},
            {.70f, 1.f}},
           {{0, 1, 2, 3}, {4, 5, 6}}},
          {{{.24f, .02f}, {.08f, .54f}, {.92f, .52f}, {.74f, .10f}, {.70f, .52f}, {.66f, 1.f}},
           {{0, 1}, {1, 2}, {3, 4, 5}}},
          {{{.68f, .00f}, {.36f, .36f}, {.04f, .66f}, {.96f, .64f}, {.66f, .50f}, {.64f, 1.f}},
           {{0, 1, 2}, {2, 3}, {0, 4, 5}}},
      },
      Ways{
          // 5: roof, neck and belly
          {{{.92f, .02f},
            {.30f, .03f},
            {.22f, .42f},
            {.58f, .36f},
            {.90f, .62f},
            {.72f, .93f},
            {.36f, 1.f},
            {.06f, .88f}},
           {{0, 1}, {1, 2}, {2, 3, 4, 5, 6, 7}}},
          {{{.88f, .00f},
            {.34f, .06f},
            {.20f, .40f},
            {.56f, .46f},
            {.80f, .68f},
            {.60f, .94f},
            {.10f, .98f}},
           {{0, 1}, {1, 2, 3, 4, 5, 6}}},
      },
      Ways{
          // 6: a falling bow that closes below
          {{{.72f, .00f},
            {.36f, .22f},
            {.12f, .62f},
            {.26f, .94f},
            {.60f, .98f},
            {.82f, .76f},
            {.62f, .54f},
            {.32f, .60f},
            {.16f, .80f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8}}},
          {{{.46f, .00f},
            {.22f, .32f},
            {.14f, .72f},
            {.40f, 1.f},
            {.78f, .86f},
            {.72f, .60f},
            {.40f, .60f},
            {.20f, .82f}},
           {{0, 1, 2, 3, 4, 5, 6, 7}}},
      },
      Ways{
          // 7: with or without a bar
          {{{.08f, .08f}, {.48f, .06f}, {.90f, .04f}, {.62f, .48f}, {.42f, 1.f}},
           {{0, 1, 2}, {2, 3, 4}}},
          {{{.06f, .18f}, {.12f, .04f}, {.88f, .04f}, {.66f, .46f}, {.50f, 1.f}},
           {{0, 1}, {1, 2}, {2, 3, 4}}},
          {{{.08f, .06f},
            {.48f, .06f},
            {.90f, .03f},
            {.62f, .48f},
            {.42f, 1.f},
            {.32f, .54f},
            {.82f, .48f}},
           {{0, 1, 2}, {2, 3, 4}, {5, 6}}},
      },
      Ways{
          // 8: one crossing line, or two rings
          {{{.80f, .14f},
            {.48f, .00f},
            {.20f, .20f},
            {.50f, .48f},
            {.82f, .76f},
            {.48f, 1.f},
            {.16f, .78f},
            {.48f, .50f},
            {.80f, .24f},
            {.72f, .06f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
          {{{.56f, .46f},
            {.26f, .30f},
            {.32f, .06f},
            {.62f, .02f},
            {.76f, .26f},
            {.50f, .47f},
            {.18f, .68f},
            {.24f, .96f},
            {.62f, .99f},
            {.80f, .74f},
            {.54f, .46f}},
           {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}},
      },
      Ways{
          // 9: a ring with a straight or a bent tail
          {{{.80f, .16f},
            {.48f, .01f},
            {.16f, .20f},
            {.26f, .46f},
            {.58f, .46f},
            {.82f, .12f},
            {.80f, .54f},
            {.74f, 1.f}},
           {{0, 1, 2, 3, 4, 5}, {5, 6, 7}}},
          {{{.78f, .20f},
            {.50f, .00f},
            {.18f, .18f},
            {.24f, .44f},
            {.56f, .46f},
            {.82f, .18f},
            {.82f, .58f},
            {.62f, .94f},
            {.20f, .98f}},
           {{0, 1, 2, 3, 4, 5}, {5, 6, 7, 8}}},
      },
  };
  return all;
}

/// The random numbers of one image, taken one after the other.
class Hand {
 public:
  Hand(const Rng& rng, std::int64_t image) {
    Rng own = rng;
    Rng::State at = own.state();
    at.draw = static_cast<std::uint64_t>(image);
    own.set_state(at);
    own.bits(bits_);
  }

  /// Uniform in [low, high).
  float between(float low, float high) {
    constexpr float kUnit = 1.f / (1 << 24);
    return low + (high - low) * static_cast<float>(next() >> 8) * kUnit;
  }
  /// Around 0 with a peak there, never beyond +-reach.
  float wobble(float reach) { return between(-reach, 0) + between(0, reach); }
  std::size_t below(std::size_t n) { return next() % n; }

 private:
  std::uint32_t next() { return bits_[used_++]; }

  std::array<std::uint32_t, 96> bits_;  // the largest skeleton takes 61
  std::size_t used_ = 0;
};

/// A point on the paper, in pixels, with the pen's radius there.
struct Dot {
  Point at;
  float radius;
};

constexpr std::size_t kDotsPerPiece = 6;  ///< straight pieces between two points of a skeleton
constexpr std::size_t kMaxDots = 80;      ///< the most that a skeleton gives

/// The pen's path over one image: dots, and where each stroke begins.
struct Path {
  std::array<Dot, kMaxDots> dots;
  std::array<bool, kMaxDots> begins{};
  std::size_t count = 0;

  void add(Point at, float radius, bool begin) {
    begins[count] = begin;
    dots[count++] = {at, radius};
  }
  std::span<Dot> all() { return std::span(dots).first(count); }
};

/// The point at t in [0, 1] between b and c of a smooth curve through a, b, c, d (Catmull-Rom).
Point spline(Point a, Point b, Point c, Point d, float t) {
  const auto mix = [t](float p, float q, float r, float s) {
    return q + 0.5f * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  };
  return {mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)};
}

/// Runs the pen along the strokes through `points`.
Path trace(const Skeleton& skeleton, std::span<const Point> points, float radius, Hand& hand) {
  Path path;
  for (const std::vector<int>& stroke : skeleton.strokes) {
    const auto last = stroke.size() - 1;
    const auto place = [&](std::size_t i) { return points[static_cast<std::size_t>(stroke[i])]; };
    const float press = radius * (1 + hand.wobble(.15f));  // at the beginning
    const float lift = radius * (1 + hand.wobble(.25f));   // at the end
    path.add(place(0), press, true);
    for (std::size_t i = 0; i < last; ++i) {
      for (std::size_t step = 1; step <= kDotsPerPiece; ++step) {
        const float t = static_cast<float>(step) / kDotsPerPiece;
        const float way = (static_cast<float>(i) + t) / static_cast<float>(last);
        path.add(spline(place(i > 0 ? i - 1 : 0), place(i), place(i + 1),
                        place(std::min(i + 2, last)), t),
                 press + (lift - press) * way, false);
      }
    }
  }
  return path;
}

/// Moves the path so that its centre of mass is in the middle, as in MNIST, then by `shift`;
/// shrinks a path that would ink the border with a pen of `pen` pixels.
void place_on_paper(Path& path, Point shift, float pen) {
  constexpr float kMiddle = kSide / 2.f;
  constexpr float kBorder = 1;
  Point sum;
  for (const Dot& dot : path.all()) {
    sum.x += dot.at.x;
    sum.y += dot.at.y;
  }
  const auto n = static_cast<float>(path.count);
  float far = 0;
  for (Dot& dot : path.all()) {
    dot.at.x += shift.x - sum.x / n;
    dot.at.y += shift.y - sum.y / n;
    far = std::max({far, std::abs(dot.at.x), std::abs(dot.at.y)});
  }
  const float scale = std::min(1.f, (kMiddle - kBorder - pen) / far);
  for (Dot& dot : path.all()) {
    dot.at.x = kMiddle + scale * dot.at.x;
    dot.at.y = kMiddle + scale * dot.at.y;
  }
}

/// Inks the straight piece from `a` to `b`: full within the radius, fading over `soft` pixels.
void ink_piece(const Dot& a, const Dot& b, float soft, std::span<float> paper) {
  const float reach = std::max(a.radius, b.radius) + soft;
  const auto first = [&](float p, float q) {
    return std::max(0, static_cast<int>(std::min(p, q) - reach));
  };
  const auto last = [&](float p, float q) {
    return std::min(kSide - 1, static_cast<int>(std::max(p, q) + reach));
  };
  const Point along = {b.at.x - a.at.x, b.at.y - a.at.y};
  const float length2 = std::max(along.x * along.x + along.y * along.y, 1e-6f);
  for (int row = first(a.at.y, b.at.y); row <= last(a.at.y, b.at.y); ++row) {
    for (int col = first(a.at.x, b.at.x); col <= last(a.at.x, b.at.x); ++col) {
      const Point to = {static_cast<float>(col) + .5f - a.at.x,
                        static_cast<float>(row) + .5f - a.at.y};
      const float t = std::clamp((to.x * along.x + to.y * along.y) / length2, 0.f, 1.f);
      const float dx = to.x - t * along.x, dy = to.y - t * along.y;
      const float edge = a.radius + t * (b.radius - a.radius);
      const float ink = .5f + (edge - std::sqrt(dx * dx + dy * dy)) / soft;
      float& pixel = paper[static_cast<std::size_t>(row * kSide + col)];
      pixel = std::max(pixel, ink);
    }
  }
}

/// The pen's way over image number `image`, which shows the digit image mod 10.
struct Writing {
  Path path;
  float soft;  ///< pixels over which the ink fades
};

Writing write_digit(const Rng& rng, std::int64_t image, const PenStyle& style = {}) {
  Hand hand(rng, image);
  const Ways& ways = skeletons()[static_cast<std::size_t>(image % kStrokeClasses)];
  const Skeleton& skeleton = ways[hand.below(ways.size())];

  // How this writer holds the pen: size in pixels, slant, turn, pen and paper.
  const float height = hand.between(17.f, 20.5f);
  const float width = height * hand.between(.55f, .98f);
  const float slant = style.slant + hand.wobble(style.slant_reach);
  const float turn = hand.wobble(.22f);
  const float radius = hand.between(style.thin, style.thick);
  const float soft = hand.between(1.f, 1.6f);
  const Point shift = {hand.wobble(1.2f), hand.wobble(1.2f)};

  std::array<Point, 16> points;
  for (std::size_t i = 0; i < skeleton.points.size(); ++i) {
    const float x = width * (skeleton.points[i].x - .5f + hand.wobble(.12f));
    const float y = height * (skeleton.points[i].y - .5f + hand.wobble(.08f));
    const float leaned = x - slant * y;
    points[i] = {std::cos(turn) * leaned - std::sin(turn) * y,
                 std::sin(turn) * leaned + std::cos(turn) * y};
  }
  Path path = trace(skeleton, points, radius, hand);
  place_on_paper(path, shift, 1.25f * radius + soft / 2);
  return {path, soft};
}

void ink(const Writing& writing, std::span<std::uint8_t> pixels) {
  const Path& path = writing.path;
  std::array<float, kSide * kSide> paper{};
  for (std::size_t i = 1; i < path.count; ++i) {
    if (!path.begins[i]) ink_piece(path.dots[i - 1], path.dots[i], writing.soft, paper);
  }
  for (std::size_t i = 0; i < paper.size(); ++i) {  // none is below 0
    // NOLINTNEXTLINE(bugprone-incorrect-roundings)
    pixels[i] = static_cast<std::uint8_t>(std::min(paper[i], 1.f) * 255.f + .5f);
  }
}

float distance(Point a, Point b) { return std::hypot(b.x - a.x, b.y - a.y); }

/// A stop of the pen, and whether the pen came there through the air.
struct Stop {
  Point at;
  bool lifted;
};

/// kStrokeMoves stops: the beginning of each stroke, and between it and the end of the stroke as many, evenly
/// spaced, as is its share of the ink.
std::array<Stop, kStrokeMoves> stops(std::span<const Dot> dots, std::span<const bool> begins) {
  float length = 0;
  std::size_t strokes = 0;
  for (std::size_t i = 0; i < dots.size(); ++i) {
    if (begins[i])
      ++strokes;
    else
      length += distance(dots[i - 1].at, dots[i].at);
  }
  std::array<Stop, kStrokeMoves> found;
  const std::size_t inked = found.size() - strokes;
  std::size_t used = 0, drawn = 0;
  float before = 0;  // length of the strokes so far
  for (std::size_t first = 0, last; first < dots.size(); first = last) {
    float own = 0;
    for (last = first + 1; last < dots.size() && !begins[last]; ++last)
      own += distance(dots[last - 1].at, dots[last].at);
    found[used++] = {dots[first].at, true};
    const auto end =
        static_cast<std::size_t>(std::lround(static_cast<float>(inked) * (before + own) / length));
    const std::size_t here = end - drawn;
    std::size_t piece = first + 1;
    float passed = 0;  // length up to the beginning of `piece`
    for (std::size_t k = 1; k <= here; ++k) {
      const float target = own * static_cast<float>(k) / static_cast<float>(here);
      float step = distance(dots[piece - 1].at, dots[piece].at);
      while (passed + step < target && piece + 1 < last) {
        passed += step;
        ++piece;
        step = distance(dots[piece - 1].at, dots[piece].at);
      }
      const Point a = dots[piece - 1].at, b = dots[piece].at;
      const float t = step > 0 ? std::min(1.f, (target - passed) / step) : 1.f;
      found[used++] = {{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}, false};
    }
    drawn = end;
    before += own;
  }
  return found;
}

void check_range(std::int64_t first, std::int64_t count) {
  check<ConfigError>(first >= 0, "strokes: first image is {}, expected at least 0", first);
  check<ConfigError>(count >= 1, "strokes: got {} images to draw, expected at least 1", count);
}

}  // namespace

ByteImages draw_strokes(std::uint64_t seed, std::int64_t first, std::int64_t count,
                        const PenStyle& style) {
  check_range(first, count);
  check<ConfigError>(style.thin > 0 && style.thin <= style.thick,
                     "strokes: the pen's radius goes from {} to {}, expected 0 < thin <= thick",
                     style.thin, style.thick);
  constexpr std::int64_t kSize = kSide * kSide;
  ByteImages images{count, kSide, kSide, {}};
  images.pixels.resize(static_cast<std::size_t>(count * kSize));
  const Rng rng = Rng(seed).stream("strokes");
  parallel_each(count, [&](std::int64_t i) {
    ink(write_digit(rng, first + i, style),
        std::span(images.pixels).subspan(static_cast<std::size_t>(i * kSize), kSize));
  });
  return images;
}

Tensor draw_stroke_paths(std::uint64_t seed, std::int64_t first, std::int64_t count) {
  check_range(first, count);
  const Rng rng = Rng(seed).stream("strokes");
  Rng shaking = Rng(seed).stream("shaking");
  Rng::State at = shaking.state();
  at.draw = static_cast<std::uint64_t>(first);
  shaking.set_state(at);
  std::vector<Tensor> shakes;  // drawn here: a draw allocates, and a piece of a loop must not throw
  for (std::int64_t i = 0; i < count; ++i)
    shakes.push_back(shaking.normal({kStrokeMoves, 2}, DType::f32));
  std::vector<float> moves(static_cast<std::size_t>(count * kStrokeMoves * 3));
  parallel_each(count, [&](std::int64_t i) {
    const Path path = write_digit(rng, first + i).path;
    Point pen{kSide / 2.f, kSide / 2.f};
    auto* move = &moves[static_cast<std::size_t>(i * kStrokeMoves * 3)];
    auto e = shakes[static_cast<std::size_t>(i)].view<float>().begin();
    for (const Stop& stop : stops(std::span(path.dots).first(path.count), path.begins)) {
      const Point next{stop.at.x + kShake * *e++, stop.at.y + kShake * *e++};
      *move++ = next.x - pen.x;
      *move++ = next.y - pen.y;
      *move++ = stop.lifted ? 1.f : 0.f;
      pen = next;
    }
  });
  return tensor(std::span<const float>(moves)).with_shape({count, kStrokeMoves, 3});
}

std::vector<std::uint8_t> stroke_labels(std::int64_t first, std::int64_t count) {
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    labels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>((first + i) % kStrokeClasses);
  }
  return labels;
}

}  // namespace tapestry::nn
