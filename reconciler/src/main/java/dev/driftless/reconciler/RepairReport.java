package dev.driftless.reconciler;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of the divergences of one view.
 *
 * @param asked how many entities its projector was asked to repair
 * @param mended how many of all that differed no longer do
 * @param left what still differs
 * @param export the file that holds what the view held of the entities before; null if nothing was
 *     to be replaced
 * @param refused why nothing, or not all, was asked for; null if all was
 */
public record RepairReport(
    String view,
    long asked,
    long mended,
    List<Divergence> left,
    @Nullable Path export,
    @Nullable String refused) {}
