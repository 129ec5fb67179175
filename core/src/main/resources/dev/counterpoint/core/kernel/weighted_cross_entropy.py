# torch.nn.functional.cross_entropy, each example times its weight, summed, and the weights of the labels that are not -100.
# logits (batch, ..., classes), labels (batch, ...), int64, weights (batch) -> (), ()

def forward(self, logits: Tensor, labels: Tensor, weights: Tensor) -> Tuple[Tensor, Tensor]:
  none = 0
  flat = logits.reshape([-1, logits.size(-1)])
  each = torch.cross_entropy_loss(flat, labels.reshape([-1]), None, none, -100, self.smoothing)
  column = weights.unsqueeze(1)
  total = torch.mul(each.reshape([weights.size(0), -1]), column).sum()
  counted = torch.mul((labels != -100).reshape([weights.size(0), -1]), column).sum()
  return (total, counted)
