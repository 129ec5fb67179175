# An exponential moving average of arrays: torch.optim.swa_utils.get_ema_multi_avg_fn.

def update(self, averages: List[Tensor], arrays: List[Tensor], weight: float) -> NoneType:
  torch._foreach_lerp_(averages, arrays, weight)
  return None

# Each of one list takes the values of the other's, bit for bit.
def swap(self, first: List[Tensor], second: List[Tensor]) -> NoneType:
  for i in range(len(first)):
    before = first[i].clone()
    first[i].copy_(second[i])
    second[i].copy_(before)
  return None
