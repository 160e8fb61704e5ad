// What mnist_vae is told: config.json and the command line.
#include "mnist_vae/settings.hpp"

#include "autograd/error.hpp"
#include "fuzz/target.hpp"
#include "mnist_vae/command_line.hpp"

namespace tapestry::fuzz {

namespace {

void read_config(std::string_view input) {
  mnist_vae::Config config;
  const bool good = accepted<ConfigError>([&] {
    mnist_vae::parse_settings(config, std::string(input), "input");
    mnist_vae::choose_open_settings(config);
    mnist_vae::validate(config);
  });
  if (!good) return;
  mnist_vae::Config again;
  mnist_vae::parse_settings(again, mnist_vae::to_json(config), "config.json");
  must(mnist_vae::to_json(again) == mnist_vae::to_json(config), "settings read are written alike");
}

// An argument a line. --help and --version end a program by themselves.
void read_command_line(std::string_view input) {
  std::vector<std::string> words{"mnist_vae"};
  while (!input.empty() && words.size() < 24) {
    const std::size_t end = input.find('\n');
    words.emplace_back(input.substr(0, end).substr(0, input.find('\0')));
    input.remove_prefix(end == input.npos ? input.size() : end + 1);
    const std::string& word = words.back();
    const bool is_short = word.starts_with('-') && !word.starts_with("--");
    if (word.starts_with("--help") || word.starts_with("--version") ||
        (is_short && word.find('h') != word.npos))
      return;
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  accepted<ConfigError>([&] {
    const mnist_vae::Config config =
        mnist_vae::parse_flags(static_cast<int>(pointers.size()), pointers.data());
    mnist_vae::validate(config);
    mnist_vae::Config again;
    mnist_vae::parse_settings(again, mnist_vae::to_json(config), "config.json");
    must(mnist_vae::to_json(again) == mnist_vae::to_json(config), "flags are kept as they were");
  });
}

}  // namespace

extern const Target kConfig{"config", "config.json of mnist_vae", read_config,
                            [] {
                              return std::vector<std::string>{
                                  mnist_vae::to_json({}), "{\"hidden\":[8,4],\"model\":\"ladder\"}",
                                  "{\"data\":\"freyfaces\",\"lr\":0.01,\"smoke\":true}"};
                            },
                            200};
extern const Target kCommandLine{"command_line", "the command line of mnist_vae", read_command_line,
                                 [] {
                                   return std::vector<std::string>{
                                       "--epochs\n3\n--hidden\n400,200\n--lr=0.001",
                                       "--model\nconditional\n--label\n3\n--out\na b",
                                       "--smoke\n--data\nstrokes\n--seed\n18446744073709551615",
                                       "--decoder\ngaussian\n--resume\n--threads\n2\n--beta=-1"};
                                 },
                                 4000};

}  // namespace tapestry::fuzz
