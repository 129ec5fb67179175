package dev.counterpoint.inference.config;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The catalogs of a binder, and the classes beside them. */
record Contracts(List<Catalog<?>> catalogs, SourcePath classes) {
  Contracts {
    catalogs = List.copyOf(catalogs);
  }

  /** The catalog of a contract; nothing for any other class. */
  @Nullable Catalog<?> of(Class<?> contract) {
    return first(catalog -> catalog.contract() == contract).orElse(null);
  }

  /** The catalog of a contract that the record implements; nothing where it implements none. */
  @Nullable Catalog<?> implementedBy(Object record) {
    return first(catalog -> catalog.contract().isInstance(record)).orElse(null);
  }

  private Optional<Catalog<?>> first(Predicate<Catalog<?>> fitting) {
    return catalogs.stream().filter(fitting).findFirst();
  }
}
