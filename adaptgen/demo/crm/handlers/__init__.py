"""What the CRM answers, one module per part of the business."""
