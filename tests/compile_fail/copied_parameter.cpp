// Does not compile: a vector copies what is pushed into it. With -DCONTROL a deque makes the parameter where it stays.
// cure: keep it in a std::deque
#include <deque>
#include <vector>

#include "autograd/autograd.hpp"

using namespace tapestry;

#ifdef CONTROL
void keep(std::deque<Parameter>& list) { list.emplace_back("w", zeros({2})); }
#else
void keep(std::vector<Parameter>& list, Parameter& w) { list.push_back(w); }
#endif
