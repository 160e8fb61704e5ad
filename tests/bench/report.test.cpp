#include "report.hpp"

#include "support/catch.hpp"

#include "header.hpp"

using namespace tapestry::bench;

TEST_CASE("a table shows its head once, over several lines where cells are wide") {
  Table table({"case", "threads", "by hand ms", "Tapestry/floor"}, Table::kCase);
  table.add({"vae", "1", "2.49", "1.15"});
  CHECK(table.new_lines() ==
        "                         by hand\n"
        "case           threads        ms  Tapestry/floor\n"
        "vae                  1      2.49            1.15\n");
  table.add({"batch-4096", "2", "40.7", "1.03"});
  CHECK(table.new_lines() == "batch-4096           2      40.7            1.03\n");
  CHECK(table.new_lines().empty());
}

TEST_CASE("numbers have three significant digits, and what is not finite is a dash") {
  CHECK(number(0.01234) == "0.012");
  CHECK(number(4.567) == "4.57");
  CHECK(number(45.67) == "45.7");
  CHECK(number(1234.5) == "1234");
  CHECK(number(NAN) == "-");
}

TEST_CASE("the header says what the machine does at most") {
  const nlohmann::ordered_json header = {{"cpu", "Some Processor"},
                                         {"cores", 2},
                                         {"blas", "OpenBLAS 0.3.21 (openmp, SkylakeX)"},
                                         {"compiler", "g++ 12.2.0"},
                                         {"commit", "0123abc"},
                                         {"openblas_core", "SkylakeX"},
                                         {"instruction_set", "AVX-512"},
                                         {"peaks",
                                          {{{"threads", 1},
                                            {"multiply_add_gflops", 290.12},
                                            {"openblas_gflops", 236.4},
                                            {"copy_gb_per_second", 30.44}},
                                           {{"threads", 2},
                                            {"multiply_add_gflops", 570.0},
                                            {"openblas_gflops", 451.0},
                                            {"copy_gb_per_second", 61.6}}}}};
  CHECK(header_text(header, {"OPENBLAS_CORETYPE=Haswell does something"}) ==
        "Some Processor, 2 cores; OpenBLAS 0.3.21 (openmp, SkylakeX); g++ 12.2.0; commit 0123abc\n"
        "\n"
        "at most, by threads                1         2      unit\n"
        "AVX-512 multiply-adds            290       570   GFLOP/s\n"
        "OpenBLAS, SkylakeX               236       451   GFLOP/s\n"
        "copy in memory                  30.4      61.6      GB/s\n"
        "note: OPENBLAS_CORETYPE=Haswell does something\n");
}

TEST_CASE("settings that hide the processor's kernels are named") {
  CHECK(doubtful_settings([](const char*) -> const char* { return nullptr; }).empty());
  const auto doubts = doubtful_settings([](const char* name) -> const char* {
    return std::string_view(name) == "OPENBLAS_CORETYPE" ? "Haswell" : nullptr;
  });
  REQUIRE(doubts.size() == 1);
  CHECK(doubts[0].find("OPENBLAS_CORETYPE=Haswell") == 0);
}
