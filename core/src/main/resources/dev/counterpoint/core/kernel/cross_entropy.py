# torch.nn.functional.cross_entropy, summed, and the number of labels that are not -100.
# logits (..., classes), labels (...), int64 -> (), () int64

def forward(self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
  flat = logits.reshape([-1, logits.size(-1)])
  targets = labels.reshape([-1])
  if flat.numel() <= 4194304:
    sum = 2
    total = torch.cross_entropy_loss(flat, targets, None, sum, -100, self.smoothing)
  else:
    total = self.large(flat, targets)
  return (total, (labels != -100).sum())

# Where the logits are large they are most of a step's memory, and of that libtorch would take four times theirs: for
# the logarithms of probabilities, which live to the backward pass, and for two gradients there. Here the gradient is
# computed with the loss, in a place of its own, some rows at a time while they are in the processor's cache.
def large(self, logits: Tensor, targets: Tensor) -> Tensor:
  values = logits.detach()
  gradient = torch.empty_like(values)
  rows = 4194304 // logits.size(1) + 1
  parts = torch.split(values, rows, 0)
  gradients = torch.split(gradient, rows, 0)
  labels = torch.split(targets, rows, 0)
  total = torch.zeros([], dtype=6, device=logits.device)
  for i in range(len(parts)):
    total = torch.add(total, self.part(parts[i], labels[i], gradients[i]))
  if logits.requires_grad:
    # Whose gradient is that, and whose value is then made the loss.
    product = torch.dot(logits.view(-1), gradient.view(-1))
    product.detach().copy_(total)
    total = product
  return total

# The loss of some rows; puts their gradient where it belongs.
def part(self, logits: Tensor, labels: Tensor, gradient: Tensor) -> Tensor:
  sum = 2
  share = self.smoothing / logits.size(1)
  logs = torch._log_softmax(logits, 1, False, out=gradient)
  total = torch.mul(torch.nll_loss(logs, labels, None, sum, -100), 1. - self.smoothing)
  ignored = labels == -100
  if self.smoothing > 0.:
    total = torch.sub(total, logs.sum(1).masked_fill_(ignored, 0.).sum(), alpha=share)
  gradient.exp_().sub_(share)
  own = labels.masked_fill(ignored, 0).unsqueeze(1)
  gradient.scatter_add_(1, own, torch.full_like(own, self.smoothing - 1., dtype=6))
  gradient.index_fill_(0, ignored.nonzero().view(-1), 0.)  # on a GPU a device-to-host synchronization
  return total
