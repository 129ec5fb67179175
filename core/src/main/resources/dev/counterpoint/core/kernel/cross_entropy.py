# torch.nn.functional.cross_entropy, summed, and the number of labels that are not -100.
# logits (..., classes), labels (...), int64 -> (), () int64

def forward(self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
  classes = logits.size(-1)
  # Rows apart, where they are large: of what only a row's loss and gradient need, the memory is that of a few rows.
  rows = max(1, 4194304 // max(1, classes))
  parts = torch.split(logits.reshape([-1, classes]), rows)
  targets = torch.split(labels.reshape([-1]), rows)
  total = self.loss(parts[0], targets[0])
  for i in range(1, len(parts)):
    total = torch.add(total, self.loss(parts[i], targets[i]))
  return (total, (labels != -100).sum())

def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
  sum = 2
  return torch.cross_entropy_loss(logits, labels, None, sum, -100, self.smoothing)
