package dev.driftless.projectors.vector;

import dev.driftless.schemas.Names;
import io.qdrant.client.grpc.Collections.AliasDescription;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The collections that a view's generations are in: each behind the alias of its generation, and
 * named after its model and, from the second one on, its number. Safe to share between threads.
 */
final class VectorCollections implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(VectorCollections.class);
  private static final String BASE = "driftless-memories";

  private final VectorConfig config;
  private final Names names;
  private final QdrantLink link;

  /** Connects when first asked. */
  VectorCollections(VectorConfig config, Names names) {
    this.config = config;
    this.names = names;
    this.link = new QdrantLink(config);
  }

  QdrantLink link() {
    return link;
  }

  /** By which these names' generation is read. */
  String alias() {
    return alias(names);
  }

  static String alias(Names names) {
    return names.place("-", BASE);
  }

  /** What is read by the alias now; nothing if there is no such generation. */
  Optional<QdrantCollection> current() {
    return Optional.ofNullable(aliases().get(alias())).map(this::collection);
  }

  /**
   * What is read by the alias now, made if there is none. A spare generation is made by {@link
   * VectorGenerations} alone: what was dropped does not come back.
   *
   * @throws IllegalStateException if there is no such spare generation
   */
  QdrantCollection open() {
    link.refuseOldServer();
    Optional<QdrantCollection> current = current();
    if (current.isEmpty() && names.isSpare()) {
      throw new IllegalStateException("there is no alias " + alias() + ": it was dropped");
    }
    QdrantCollection collection = current.orElseGet(this::first);
    if (names.isSpare()) {
      return collection;
    }
    collection.create();
    if (current.isEmpty()) {
      var unused = link.await(link.client().createAliasAsync(alias(), collection.name()));
      LOG.info("view={} collection={} created", VectorProjector.VIEW, collection.name());
    }
    tellOfAnotherModel(collection);
    return collection;
  }

  /** What is read by the alias now; where the first generation would be if there is none. */
  QdrantCollection currentOrFirst() {
    return current().orElseGet(this::first);
  }

  private QdrantCollection first() {
    return collection(name(1));
  }

  /** The embedding model of a generation that is made now. */
  String model() {
    return config.model();
  }

  /** What a generation of this number is called that is made now. */
  String name(int number) {
    String name = prefix() + config.model();
    return number == 1 ? name : name + "-" + number;
  }

  /** The collection of this name. */
  QdrantCollection collection(String name) {
    EmbeddingModel model =
        EmbeddingModel.ALL.stream()
            .filter(known -> number(name, known) > 0)
            .findFirst()
            .orElse(null);
    return new QdrantCollection(link, name, model);
  }

  /** Which generation the collection is; 1 for one that was given another name. */
  int number(String name) {
    return EmbeddingModel.ALL.stream()
        .mapToInt(model -> number(name, model))
        .filter(number -> number > 0)
        .findFirst()
        .orElse(1);
  }

  /** By alias, the collection behind it; of all installations. */
  Map<String, String> aliases() {
    return link.await(link.client().listAliasesAsync()).stream()
        .collect(
            Collectors.toMap(AliasDescription::getAliasName, AliasDescription::getCollectionName));
  }

  @Override
  public void close() {
    link.close();
  }

  private int number(String name, EmbeddingModel model) {
    Matcher of =
        Pattern.compile(Pattern.quote(prefix() + model.id()) + "(?:-(\\d+))?").matcher(name);
    return !of.matches() ? 0 : of.group(1) == null ? 1 : Integer.parseInt(of.group(1));
  }

  private String prefix() {
    return names.prefixed("-", BASE) + "-";
  }

  private void tellOfAnotherModel(QdrantCollection collection) {
    if (!collection.model().id().equals(config.model())) {
      LOG.warn(
          "view={} collection={} goes on with its model {}: set vector.model (DRIFTLESS_EMBEDDING_MODEL) to it, or have the view rebuilt with {} (driftless rebuild vector)",
          VectorProjector.VIEW,
          collection.name(),
          collection.model().id(),
          config.model());
    }
  }
}
