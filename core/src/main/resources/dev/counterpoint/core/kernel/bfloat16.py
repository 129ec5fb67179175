# Whether the processor makes products in bfloat16, as far as libtorch uses it: 1 or 0
def supported(self) -> float:
  return float(ops.mkldnn._is_mkldnn_bf16_supported())
