# with drop
# Attention: query (batch, heads, queries, width), key and value (batch, heads, keys, width),
# mask (batch, keys), 0 for each key that nobody sees, or None where all are seen,
# added (heads, queries, keys) to the scores, or None -> as query

def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Optional[Tensor], added: Optional[Tensor]) -> Tensor:
  queries = query.size(2)
  keys = key.size(2)
  # libtorch's fused attention takes no dropout on a processor, and its backward pass in bfloat16 takes three
  # times as long as the two products do, up to a few hundred keys.
  apart = self.dropout > 0. or (query.dtype != 6 and keys <= 256)
  # The last query sees all keys: one alone hides none.
  causal = self.causal and queries > 1
  if mask is None and added is None and not apart and (queries == keys or not causal):
    result = torch.scaled_dot_product_attention(query, key, value, None, 0., causal)
  else:
    bias = self.bias(query, keys, mask)
    if added is not None:
      bias = torch.add(bias, added)
    if apart:
      result = self.products(query, key, value, bias)
    else:
      result = torch.scaled_dot_product_attention(query, key, value, bias.to(query), 0., False)
  return result

# What is added to the scores: (batch or 1, 1, queries or 1, keys). It is finite, so that a query that sees no key
# gets a mean and not NaN, which would spread. The last query stands at the last key.
def bias(self, query: Tensor, keys: int, mask: Optional[Tensor]) -> Tensor:
  queries = query.size(2)
  if mask is None:
    hidden = torch.zeros([1, 1, 1, keys], dtype=11, device=query.device)
  else:
    hidden = mask.unsqueeze(1).unsqueeze(1) == 0
  if self.causal:
    later = torch.ones([queries, keys], dtype=11, device=query.device).triu(keys - queries + 1)
    hidden = hidden.logical_or(later)
  return hidden.to(6) * -1e+38

# The products are in bfloat16 where query, key and value are; the softmax is in float32.
def products(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
  scale = float(query.size(3)) ** -0.5
  scores = torch.matmul(query, key.transpose(2, 3))  # (batch, heads, queries, keys)
  weights = torch.softmax(torch.add(bias, scores.to(6), alpha=scale), 3).to(query)
  if self.dropout > 0.:
    weights = self.drop(weights)
  return torch.matmul(weights, value)

# (batch, tokens, width) or (batch * tokens, width) -> (batch, heads, tokens, headWidth)
def divide(self, x: Tensor, batch: int, tokens: int) -> Tensor:
  return x.view([batch, tokens, self.heads, -1]).transpose(1, 2)

# x (batch, heads, tokens, headWidth) after what came before: past (batch, heads, past, headWidth), or (0)
def after(self, past: Tensor, x: Tensor) -> Tensor:
  return torch.cat([past, x], 2) if past.dim() == 4 else x

# Attention of divided heads, with a mask (batch, keys), or (0) where all are seen, and what is added to the scores
# -> (batch * queries, width)
def mix(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, added: Optional[Tensor]) -> Tensor:
  given: Optional[Tensor] = None
  if mask.dim() == 2:
    given = mask
  return self.attend(query, key, value, given, added).transpose(1, 2).reshape([query.size(0) * query.size(2), -1])
