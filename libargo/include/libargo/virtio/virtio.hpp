// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/virtio/device.hpp>
#include <libargo/virtio/log.hpp>
#include <libargo/virtio/request.hpp>
#include <libargo/virtio/server.hpp>
#include <libargo/virtio/server_options.hpp>
#include <libargo/virtio/statistics.hpp>
