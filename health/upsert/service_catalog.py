"""Microsoft's services, once per cloud."""

from collections.abc import Sequence

from health.models import Service
from health.reading import Changed

ServiceKey = tuple[str, str]  # cloud, Microsoft's id


def upsert_services(readings: Sequence[Changed]) -> dict[ServiceKey, int]:
    """The ids of all services that the answers name; new and renamed ones are written in the order of their keys."""
    names: dict[ServiceKey, str] = {
        (reading.feed.customer.cloud, service.microsoft_id): service.name
        for reading in readings
        for service in reading.facts.services
    }
    clouds = {cloud for cloud, _ in names}
    stored = {(row.cloud, row.microsoft_id): row for row in Service.objects.filter(cloud__in=clouds)}
    fresh = [
        Service(cloud=key[0], microsoft_id=key[1], name=name)
        for key, name in sorted(names.items())
        if key not in stored or stored[key].name != name
    ]
    if fresh:
        written = Service.objects.bulk_create(
            fresh, update_conflicts=True, unique_fields=["cloud", "microsoft_id"], update_fields=["name"]
        )
        stored |= {(row.cloud, row.microsoft_id): row for row in written}
    return {key: stored[key].pk for key in names}
