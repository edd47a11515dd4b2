package dev.driftless.reconciler;

import java.nio.file.Path;
import java.util.ArrayList;
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
 * @param refused why nothing was asked for, or not all is mended; null if all is
 */
public record RepairReport(
    String view,
    long asked,
    long mended,
    List<Divergence> left,
    @Nullable Path export,
    @Nullable String refused) {

  RepairReport with(List<Divergence> more, String reason) {
    List<Divergence> all = new ArrayList<>(left);
    all.addAll(more);
    return new RepairReport(view, asked, mended, all, export, refused == null ? reason : refused);
  }
}
