/* SPDX-License-Identifier: MIT */
#include "lib/nfs/report.h"

#include "lib/base/json.h"

void probe_report_init(struct probe_report *report, enum nfs_vers vers)
{
	*report = (struct probe_report){ .vers = vers, .connect_us = -1 };
	for (unsigned i = 0; i < PROBE_LAYERS; i++)
		report->layers[i].us = -1;
}

static void put_ms(struct json *json, const char *key, int64_t us)
{
	if (us < 0)
		json_null(json, key);
	else
		json_decimal(json, key, (double)us / 1000.0);
}

static void put_layers(const struct probe_report *report, struct json *json)
{
	json_array_begin(json, "layers");
	for (unsigned i = 0; i < PROBE_LAYERS; i++) {
		const struct probe_layer_report *layer = &report->layers[i];

		if (layer->result == RESULT_NONE)
			continue;
		json_object_begin(json, NULL);
		json_string(json, "layer", probe_layer_name(i));
		json_string(json, "result", probe_result_name(layer->result));
		put_ms(json, "ms", layer->us);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_server(const struct probe_report *report, struct json *json)
{
	json_object_begin(json, "server");
	json_string(json, "address", report->address[0] ? report->address : NULL);
	if (report->port)
		json_int(json, "port", report->port);
	else
		json_null(json, "port");
	json_string(json, "vers", nfs_vers_text(report->vers));
	json_object_end(json);
}

static void put_number(struct json *json, const char *key, bool known, uint64_t value)
{
	if (known)
		json_uint(json, key, value);
	else
		json_null(json, key);
}

static void put_space(const struct probe_report *report, struct json *json)
{
	json_object_begin(json, "space");
	put_number(json, "total_bytes", report->has_space, report->total_bytes);
	put_number(json, "free_bytes", report->has_space, report->free_bytes);
	put_number(json, "free_files", report->has_files, report->free_files);
	json_object_end(json);
}

void probe_report_json(const struct probe_report *report, const char *source,
		       struct json *json)
{
	json_object_begin(json, NULL);
	json_string(json, "source", source);
	json_string(json, "verdict", probe_verdict_name(report->verdict));
	json_string(json, "layer", probe_layer_name(report->layer));
	json_string(json, "detail", report->detail);
	put_ms(json, "elapsed_ms", report->elapsed_us);
	put_layers(report, json);
	put_server(report, json);
	put_space(report, json);
	json_object_end(json);
}
