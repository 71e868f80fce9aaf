// What a submitted batch is answered with. Knows the messages and no connection.
package dev.drover.client;

import dev.drover.v1.Batch;

/**
 * A batch that is stored whole.
 *
 * @param batch as it was when its last job was stored
 * @param existing it was there already, from a call before
 */
public record SubmittedBatch(Batch batch, boolean existing) {}
