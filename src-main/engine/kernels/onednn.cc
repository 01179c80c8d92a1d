#include "onednn.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

namespace stillroom {
namespace onednn {
namespace {

template <typename F>
bool Bind(void* library, const char* name, F*& function) {
  function = reinterpret_cast<F*>(dlsym(library, name));
  return function != nullptr;
}

// The folder that this binding lies in, with a slash at its end.
std::string OwnFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&Load), &info) || !info.dli_fname) return "";
  const std::string file = info.dli_fname;
  return file.substr(0, file.rfind('/') + 1);
}

const Library* Open() {
  // The user's word against oneDNN is for TensorFlow's and for this one.
  const char* wanted = std::getenv("TF_ENABLE_ONEDNN_OPTS");
  if (wanted && std::string(wanted) == "0") return nullptr;
  // Its threads would otherwise look for new work for milliseconds, on the processors that TensorFlow's threads and
  // ours need in between.
  setenv("GOMP_SPINCOUNT", "1000", 0);
  void* library = dlopen((OwnFolder() + "libdnnl.so.3").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return nullptr;
  static Library l;
#define STILLROOM_BIND(name) Bind(library, "dnnl_" #name, l.name)
  const bool bound =
      STILLROOM_BIND(engine_create) && STILLROOM_BIND(stream_create) &&
      STILLROOM_BIND(memory_desc_create_with_strides) && STILLROOM_BIND(memory_desc_create_with_tag) &&
      STILLROOM_BIND(memory_desc_destroy) && STILLROOM_BIND(memory_desc_query) &&
      STILLROOM_BIND(memory_desc_get_size) && STILLROOM_BIND(memory_create) &&
      STILLROOM_BIND(memory_set_data_handle) && STILLROOM_BIND(memory_destroy) &&
      STILLROOM_BIND(primitive_attr_create) && STILLROOM_BIND(primitive_attr_set_post_ops) &&
      STILLROOM_BIND(primitive_attr_destroy) && STILLROOM_BIND(post_ops_create) &&
      STILLROOM_BIND(post_ops_append_eltwise) && STILLROOM_BIND(post_ops_append_binary) &&
      STILLROOM_BIND(post_ops_append_prelu) && STILLROOM_BIND(post_ops_destroy) &&
      STILLROOM_BIND(convolution_forward_primitive_desc_create) &&
      STILLROOM_BIND(convolution_backward_data_primitive_desc_create) &&
      STILLROOM_BIND(convolution_backward_weights_primitive_desc_create) &&
      STILLROOM_BIND(primitive_desc_query_md) && STILLROOM_BIND(primitive_desc_destroy) &&
      STILLROOM_BIND(primitive_create) && STILLROOM_BIND(primitive_execute) && STILLROOM_BIND(primitive_destroy);
#undef STILLROOM_BIND
  // A name that the library's own search finds: it links to the library with this function.
  if (!bound || !Bind(library, "omp_set_num_threads", l.omp_set_num_threads)) return nullptr;
  constexpr int kCpu = 1;
  constexpr unsigned kInOrder = 1;
  if (l.engine_create(&l.engine, kCpu, 0) || l.stream_create(&l.stream, l.engine, kInOrder)) return nullptr;
  return &l;
}

}  // namespace

const Library* Load() {
  static const Library* const library = Open();
  return library;
}

}  // namespace onednn
}  // namespace stillroom
