package dev.counterpoint.inference.internal.config;

import dev.counterpoint.inference.internal.code.SourcePath;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The catalogs of a binder by contract, and the source of user-defined classes. */
record Contracts(List<Catalog<?>> catalogs, SourcePath classes) {
  Contracts {
    catalogs = List.copyOf(catalogs);
  }

  /** The catalog of a contract; null if the class is not a contract with a catalog. */
  @Nullable Catalog<?> of(Class<?> contract) {
    return first(catalog -> catalog.contract() == contract).orElse(null);
  }

  /** The catalog of the contract that the record implements; null if it implements none. */
  @Nullable Catalog<?> implementedBy(Object record) {
    return first(catalog -> catalog.contract().isInstance(record)).orElse(null);
  }

  private Optional<Catalog<?>> first(Predicate<Catalog<?>> condition) {
    return catalogs.stream().filter(condition).findFirst();
  }
}
