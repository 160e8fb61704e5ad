// Does not compile: a VAE has no log_prob, p(x) being an integral over z. With -DCONTROL a flow is asked, which has one.
#include "examples/concepts/adversarial/capabilities.hpp"
#include "examples/concepts/adversarial/model_families.hpp"

using namespace tapestry;

#ifdef CONTROL
using Model = concepts::Coupling;
static_assert(!concepts::Evaluates<concepts::PlaneVae> && concepts::Bounds<concepts::PlaneVae>);
static_assert(!concepts::Evaluates<concepts::Generator> && concepts::Draws<concepts::Generator>);
#else
using Model = concepts::PlaneVae;
#endif

Tensor density(Model& model, const Tensor& x) { return model.log_prob(x); }
