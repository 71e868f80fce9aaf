/**
 * A client for Drover: {@link dev.drover.client.DroverClient} submits and watches jobs,
 * {@link dev.drover.client.PageServer} answers the calls that jobs are. Messages are the generated ones of
 * {@code dev.drover.v1}. Everything that fails is a {@link dev.drover.client.DroverException}.
 */
package dev.drover.client;
