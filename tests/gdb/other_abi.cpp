// A program whose structs the scripts do not know.
extern "C" {
extern const int tapestry_debug_abi;
[[gnu::used]] const int tapestry_debug_abi = 99;
}

int main() {}
