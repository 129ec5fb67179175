# What is done to all gradients of a model at once. Where places are given, they are those of the gradients among
# the parameters, ascending.

# The p-norm of each: (gradients)
def norms(self, gradients: List[Tensor], p: float) -> Tensor:
  return torch.stack(torch._foreach_norm(gradients, p))

# Multiplies by a factor, and then down to a 2-norm of at most limit; returns the norm between the two: a
# device-to-host synchronization.
def scale_and_clip(self, gradients: List[Tensor], factor: float, limit: float) -> float:
  norm = factor * float(torch.linalg_vector_norm(self.norms(gradients, 2.), 2., None, False, dtype=7))
  change = factor * min(1., limit / (norm + 1e-6))
  if change != 1.:
    self.scale(gradients, change)
  return norm

def add(self, gradients: List[Tensor], more: List[Tensor]) -> NoneType:
  torch._foreach_add_(gradients, more)
  return None

# The sum of two that are of different parameters.
def merge(self, gradients: List[Tensor], places: List[int], more: List[Tensor], more_places: List[int]) -> Tuple[List[Tensor], List[int]]:
  sums = annotate(List[Tensor], [])
  of = annotate(List[int], [])
  i = 0
  j = 0
  while i < len(places) or j < len(more_places):
    if j == len(more_places) or (i < len(places) and places[i] < more_places[j]):
      sums.append(gradients[i])
      of.append(places[i])
      i += 1
    elif i == len(places) or more_places[j] < places[i]:
      sums.append(more[j])
      of.append(more_places[j])
      j += 1
    else:
      sums.append(gradients[i].add_(more[j]))
      of.append(places[i])
      i += 1
      j += 1
  return (sums, of)

# The factor is an array, as libtorch would make one of a number anew for each gradient.
def scale(self, gradients: List[Tensor], factor: float) -> NoneType:
  torch._foreach_mul_(gradients, torch.full([], factor, dtype=6, device=gradients[0].device))
  return None

def clamp(self, gradients: List[Tensor], limit: float) -> NoneType:
  torch._foreach_clamp_min_(gradients, -limit)
  torch._foreach_clamp_max_(gradients, limit)
  return None

# Those of some of the places.
def part(self, gradients: List[Tensor], places: List[int], wanted: List[int]) -> List[Tensor]:
  first = wanted[0]
  if places[-1] == len(places) - 1 and wanted[-1] - first == len(wanted) - 1:
    some = gradients[first:first + len(wanted)]  # each is at its place
  else:
    some = annotate(List[Tensor], [])
    i = 0
    for place in wanted:
      while places[i] < place:
        i += 1
      some.append(gradients[i])
  return some

# What is no gradient yet: -0.0 in every element.
def empty(self, array: Tensor) -> NoneType:
  array.fill_(-0.0)
  return None

# One for each parameter; those that have none get an empty one.
def supply(self, gradients: List[Tensor], places: List[int], parameters: List[Tensor]) -> List[Tensor]:
  all = annotate(List[Tensor], [])
  next = 0
  for i in range(len(parameters)):
    if next < len(places) and places[next] == i:
      all.append(gradients[next])
      next += 1
    else:
      all.append(torch.empty_like(parameters[i], memory_format=0).fill_(-0.0))  # contiguous
  return all

# Of some of the places, those whose gradient is not empty any more.
def touched(self, gradients: List[Tensor], places: List[int], wanted: List[int]) -> List[int]:
  some = self.part(gradients, places, wanted)
  touched = annotate(List[int], [])
  for i in range(len(some)):
    if not bool(torch.logical_and(some[i] == 0, some[i].signbit()).all()):
      touched.append(wanted[i])
  return touched

def copy(self, arrays: List[Tensor], values: List[Tensor]) -> NoneType:
  for i in range(len(arrays)):
    arrays[i].copy_(values[i])
  return None
