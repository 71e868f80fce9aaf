/**
 * A client for Drover. {@link dev.drover.client.DroverClient} has the generated stubs of {@code dev.drover.v1} on one
 * channel, and what they lack; {@link dev.drover.client.PageHandler} answers the calls that jobs are. Calls fail with
 * gRPC's own {@link io.grpc.StatusRuntimeException}; {@link dev.drover.client.Errors} reads what the server says of it.
 */
package dev.drover.client;
