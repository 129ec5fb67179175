# torch.nn.functional.scaled_dot_product_attention.
# query (batch, heads, queries, width), key and value (batch, heads, keys, width) -> as query

def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
  queries = torch.size(query, 2)
  keys = torch.size(key, 2)
  if self.causal:
    if torch.eq(queries, keys):
      result = torch.scaled_dot_product_attention(query, key, value, None, self.dropout, True)
    else:
      # libtorch lines up the first query with the first key; here the last ones meet.
      ones = torch.ones([queries, keys], dtype=11, device=ops.prim.device(query))
      visible = torch.tril(ones, torch.sub(keys, queries))
      result = torch.scaled_dot_product_attention(query, key, value, visible, self.dropout, False)
  else:
    result = torch.scaled_dot_product_attention(query, key, value, None, self.dropout, False)
  return result
