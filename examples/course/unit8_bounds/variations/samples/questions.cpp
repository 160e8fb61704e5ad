#include "row.hpp"

const Row& row() {
  static const Row known{{Piece::expected_iwae, Piece::spread}};
  return known;
}
