// Electron's V8 refuses array buffers over memory that it did not allocate, and Dawn for Node gives mapped buffers to
// JavaScript as such. This library stands before Dawn in the search for symbols (RTLD_DEEPBIND) and gives a copy: what
// is read is right, what is written to it does not reach the buffer.
#include <cstring>

#include <node_api.h>

extern "C" __attribute__((visibility("default"))) napi_status napi_create_external_arraybuffer(
    napi_env env, void* data, size_t length, napi_finalize finalize, void* hint, napi_value* result) {
  void* copy;
  napi_status status = napi_create_arraybuffer(env, length, &copy, result);
  if (status != napi_ok) return status;
  memcpy(copy, data, length);
  return finalize ? napi_add_finalizer(env, *result, data, finalize, hint, nullptr) : napi_ok;
}
