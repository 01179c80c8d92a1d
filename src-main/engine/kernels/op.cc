#include "op.h"

#include <cstdio>

namespace stillroom {

Call::Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {
  inputs_.resize(TF_NumInputs(context));
  for (size_t i = 0; i < inputs_.size(); i++) TF_GetInput(context, static_cast<int>(i), &inputs_[i], status_);
}

Call::~Call() {
  for (TF_Tensor* tensor : inputs_) TF_DeleteTensor(tensor);
  for (TF_Tensor* tensor : outputs_) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status_);
}

Shape Call::shape(int input) const {
  Shape shape(TF_NumDims(inputs_[input]));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(inputs_[input], static_cast<int>(i));
  return shape;
}

void* Call::Allocate(int output, const Shape& shape, TF_DataType type, size_t bytes) {
  size_t size = bytes;
  for (int64_t length : shape) size *= length;
  TF_Tensor* tensor =
      TF_AllocateOutput(context_, output, type, shape.data(), static_cast<int>(shape.size()), size, status_);
  if (TF_GetCode(status_) != TF_OK) {
    failed_ = true;
    TF_OpKernelContext_Failure(context_, status_);
    return nullptr;
  }
  outputs_.push_back(tensor);
  return TF_TensorData(tensor);
}

void Call::Fail(const std::string& message) {
  failed_ = true;
  TF_SetStatus(status_, TF_INVALID_ARGUMENT, message.c_str());
  TF_OpKernelContext_Failure(context_, status_);
}

int64_t Attributes::Int(const char* name) const {
  int64_t value = 0;
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status);
  TF_DeleteStatus(status);
  return value;
}

float Attributes::Float(const char* name) const {
  float value = 0;
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status);
  TF_DeleteStatus(status);
  return value;
}

void Define(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
            void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*)) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(definition.name);
  for (const char* spec : definition.attributes) TF_OpDefinitionBuilderAddAttr(op, spec);
  for (const char* spec : definition.inputs) TF_OpDefinitionBuilderAddInput(op, spec);
  for (const char* spec : definition.outputs) TF_OpDefinitionBuilderAddOutput(op, spec);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, [](TF_ShapeInferenceContext* context, TF_Status* done) {
    TF_ShapeInferenceContextSetUnknownShape(context, done);
  });
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder(definition.name, TF_NewKernelBuilder(definition.name, "CPU", create, compute, destroy),
                             status);
  }
  // Whoever calls the op hears that there is none, and takes another form.
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "%s: %s\n", definition.name, TF_Message(status));
  TF_DeleteStatus(status);
}

}  // namespace stillroom
