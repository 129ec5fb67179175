/**
 * Where the ranks of a distributed run meet before they may join its ring: the {@link
 * dev.counterpoint.runner.rendezvous.Gate} in the tracker's process, and its client in each rank.
 * The ring itself asks nobody who he is, so the gate does, and tells the ring's address only to
 * ranks that know the secret and agree in code, settings, data and directory. Afterwards the
 * connection stays, and each side hears that the other lives.
 */
@NullMarked
package dev.counterpoint.runner.rendezvous;

import org.jspecify.annotations.NullMarked;
