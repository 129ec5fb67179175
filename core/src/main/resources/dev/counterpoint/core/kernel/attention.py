# torch.nn.functional.scaled_dot_product_attention.
# query (batch, heads, queries, width), key and value (batch, heads, keys, width) -> as query

def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
  queries = query.size(2)
  keys = key.size(2)
  if self.causal and queries != keys:
    # libtorch lines up the first query with the first key; here the last ones meet.
    visible = torch.ones([queries, keys], dtype=11, device=query.device).tril(keys - queries)
    result = torch.scaled_dot_product_attention(query, key, value, visible, self.dropout, False)
  else:
    result = torch.scaled_dot_product_attention(query, key, value, None, self.dropout, self.causal)
  return result
