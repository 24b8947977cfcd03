"""Deployment to TOSCA templates and OSCAR functions."""
