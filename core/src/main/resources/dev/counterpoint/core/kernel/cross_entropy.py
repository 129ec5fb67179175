# torch.nn.functional.cross_entropy, summed, and the number of labels that are not -100.
# logits (..., classes), labels (...), int64 -> (), () int64

def forward(self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
  classes = logits.size(-1)
  # Rows apart, where they are large: of what only a row's loss and gradient need, the memory is that of a few rows.
  rows = max(1, 4194304 // max(1, classes))
  flat = logits.reshape([-1, classes])
  targets = labels.reshape([-1])
  if flat.size(0) <= rows:
    total = self.loss(flat, targets)
  else:
    total = torch.zeros([], dtype=6, device=logits.device)
    for begin in range(0, flat.size(0), rows):
      part = self.loss(torch.slice(flat, 0, begin, begin + rows), torch.slice(targets, 0, begin, begin + rows))
      total = torch.add(total, part)
  return (total, (labels != -100).sum())

def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
  sum = 2
  return torch.cross_entropy_loss(logits, labels, None, sum, -100, self.smoothing)
