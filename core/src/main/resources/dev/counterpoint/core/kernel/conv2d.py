# torch.nn.functional.conv2d: x (batch, inputs, height, width), weight (outputs, inputs, kernel, kernel), bias (outputs) -> (batch, outputs, height, width)
# oneDNN pads channels to multiples of 16. On some processors (of AMD, of the family Zen 5) version 3.7 does not fill
# the padding with zeros: results and gradients are wrong. So other numbers of channels use libtorch's own function.

def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
  stride = [self.stride, self.stride]
  padding = [self.padding, self.padding]
  padded = weight.size(0) % 16 != 0
  if weight.size(1) % 16 != 0 and (x.requires_grad or weight.size(1) > 3):
    padded = True
  if padded and not x.is_cuda:
    result = torch.thnn_conv2d(x, weight, [weight.size(2), weight.size(3)], bias, stride, padding)
  else:
    result = torch.conv2d(x, weight, bias, stride, padding)
  return result
