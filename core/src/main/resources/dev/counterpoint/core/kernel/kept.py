# The numbers that dropout leaves: x (...) -> as x, True for each that stays
# Sixteen random bits decide over a number, four numbers to a draw. libtorch's own dropout makes a random float of
# each, which takes several times as long as all else in attention, and keeps four bytes of it where this keeps one.
def kept(self, x: Tensor) -> Tensor:
  numbers = x.numel()
  least = -9223372036854775807 - 1
  draws = torch.empty([(numbers + 3) // 4], dtype=4, device=x.device).random_(least, None)
  bits = torch.view_copy(draws, dtype=2)[0:numbers]  # int16
  dropped = min(int(self.dropout * 65536. + 0.5), 65535)
  return torch.ge(bits.view(x.size()), dropped - 32768)

# What those are multiplied with, so that the mean stays.
def scale(self) -> float:
  return 1. / (1. - self.dropout)
