# Dropout: x (...) -> as x, each number 0 with the probability, and otherwise so much larger that the mean stays
# Sixteen random bits decide over a number, four numbers to a draw, and a byte of each is kept for the backward pass.
# libtorch's own dropout takes several times as long as all else in attention where it draws in one thread, as it does
# on processors that aren't Intel's, and keeps four bytes. On a GPU it is one pass.
def drop(self, x: Tensor) -> Tensor:
  if x.is_cuda:
    result = torch.dropout(x, self.dropout, True)
  else:
    dropped = min(int(self.dropout * 65536. + 0.5), 65535)
    result = torch.mul(x, self.kept(x, dropped)).mul_(65536. / float(65536 - dropped))
  return result

# As x, True for each number that stays; of 65536 so many do not.
def kept(self, x: Tensor, dropped: int) -> Tensor:
  numbers = x.numel()
  least = -9223372036854775807 - 1
  draws = torch.empty([(numbers + 3) // 4], dtype=4).random_(least, None)
  bits = torch.view_copy(draws, dtype=2)[0:numbers]  # as int16: this dialect has no view that changes the type
  return torch.ge(bits.view(x.size()), dropped - 32768)
